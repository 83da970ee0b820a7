import { parseArgs } from 'node:util';

/** The parts of the bench, in the order they run. */
export const PARTS = ['scoped', 'names', 'change'] as const;
export type Part = (typeof PARTS)[number];

export interface BenchOptions {
  readonly parts: readonly Part[];
  /** Names of servers, lower case; empty: all. */
  readonly only: readonly string[];
  /** Duration of each measurement. */
  readonly seconds: number;
  readonly rounds: number;
  readonly rate: number;
  /** Share of names that do not exist. */
  readonly missing: number;
  /** Number of such names, used repeatedly; 0: each is used once. */
  readonly missingPool: number;
}

export const USAGE = `npm run bench -- dns [options]
  --part NAME,...   ${PARTS.join(', ')}; default: all
                    scoped: 1,000 services with 5 addresses, 48 known clients
                    names:  100,000 names
                    change: one service changes among 100,000 names, while queries run
  --only NAME,...   servers whose name contains one of these (echo, nsd, drover, ...); default: all
  --seconds N       length of each measurement, default 2
  --rounds N        interleaved rounds, default 3
  --rate N          queries per second when latency is measured, default 20000
  --missing SHARE   queries for names that do not exist, default 0.05: 12 random letters in front of a stack's name,
                    each used once
  --missing-pool N  number of such names, used repeatedly
RANCHER_DNS_BIN and CONSUL_BIN_FOR_BENCH name further binaries to measure; the default for the second is Consul of .tools/.`;

export function readOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      part: { type: 'string', default: PARTS.join() },
      only: { type: 'string', default: '' },
      seconds: { type: 'string', default: '2' },
      rounds: { type: 'string', default: '3' },
      rate: { type: 'string', default: '20000' },
      missing: { type: 'string', default: '0.05' },
      'missing-pool': { type: 'string', default: '0' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    process.exit(0);
  }
  const chosen = values.part.split(',');
  return {
    parts: PARTS.filter((part) => chosen.includes(part)),
    only: values.only.toLowerCase().split(',').filter(Boolean),
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    rate: Number(values.rate),
    missing: Number(values.missing),
    missingPool: Number(values['missing-pool']),
  };
}
