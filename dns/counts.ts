import { rcodeName } from './wire/codes.ts';

export interface DnsStats {
  readonly queries: number;
  readonly forwarded: number;
  /** Queries that waited for `identify`. */
  readonly held: number;
  /** Messages that were not answered as a query: broken, or replies. */
  readonly malformed: number;
  /** Answers by name of the rcode. */
  readonly answers: Readonly<Record<string, number>>;
}

type Counted = 'queries' | 'forwarded' | 'held' | 'malformed';

export interface Counts {
  count(what: Counted): void;
  /** A reply that goes out. */
  answered(reply: Buffer): void;
  read(): DnsStats;
}

export function createCounts(): Counts {
  const counts: Record<Counted, number> = { queries: 0, forwarded: 0, held: 0, malformed: 0 };
  const answers = new Array<number>(16).fill(0);
  return {
    count: (what) => {
      counts[what] += 1;
    },
    answered: (reply) => {
      const rcode = reply.readUInt8(3) & 0xf;
      answers[rcode] = (answers[rcode] ?? 0) + 1;
    },
    read: () => ({
      ...counts,
      answers: Object.fromEntries(answers.flatMap((n, rcode) => (n > 0 ? [[rcodeName(rcode), n]] : []))),
    }),
  };
}
