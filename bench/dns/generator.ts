import { execa } from 'execa';
import { ASKERS_FROM } from '../support/data-set.ts';

/** Result of one run of the generator; latencies in microseconds. */
export interface Run {
  readonly seconds: number;
  readonly perSecond: number;
  readonly sent: number;
  readonly received: number;
  /** Without a reply after a second. */
  readonly lost: number;
  /** Replies with a wrong question, rcode or number of records. */
  readonly bad: number;
  /** The first of them, in hexadecimal digits; empty: none. */
  readonly firstBad: string;
  /** Datagrams that match no query. */
  readonly stray: number;
  readonly refused: number;
  readonly nxdomain: number;
  readonly truncated: number;
  readonly records: number;
  readonly bytes: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** A change of the first address of the watched name; nanoseconds of the monotonic clock. */
export interface Watched {
  readonly watched: string;
  readonly atNs: number;
}

export interface RunOptions {
  readonly port: number;
  /** File of `NAME TYPE` lines. */
  readonly names: string;
  readonly seconds: number;
  readonly warmSeconds?: number;
  /** Queries per second; if not set, as many as the server can answer. */
  readonly rate?: number;
  /** Number of clients, each with its own address; 0: one address. */
  readonly askers: number;
  readonly missing: number;
  readonly missingPool: number;
  readonly echo?: boolean;
  /** One query in this many is for the first name. */
  readonly watch?: number;
  readonly nap?: boolean;
}

/** The core the generator runs on, and the one of the server. */
export const GENERATOR_CORE = 1;
export const SERVER_CORE = 0;

export async function generate(
  program: string,
  options: RunOptions,
): Promise<Run & { readonly seen: readonly Watched[] }> {
  const { port, names, seconds, warmSeconds = 0.5, rate, askers, missing, missingPool } = options;
  const args = [
    ...['--port', port, '--names', names, '--seconds', seconds, '--warm', warmSeconds],
    ...['--missing', missing, '--missing-pool', missingPool],
    ...(askers > 0 ? ['--sources', ASKERS_FROM, '--sockets', askers] : []),
    ...(rate ? ['--rate', rate] : []),
    ...(options.watch ? ['--watch', options.watch] : []),
    ...(options.echo ? ['--echo'] : []),
    ...(options.nap ? ['--nap'] : []),
  ].map(String);
  const { stdout } = await execa('nice', ['-n', '-20', 'taskset', '-c', String(GENERATOR_CORE), program, ...args]);
  const lines = stdout.split('\n').map((line) => JSON.parse(line) as Run | Watched);
  const seen = lines.filter((line): line is Watched => 'watched' in line);
  return { ...(lines.at(-1) as Run), seen };
}
