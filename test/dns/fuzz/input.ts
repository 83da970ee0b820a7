import { ASKERS } from './worlds.ts';

/** One input: a message, its transport, and the upstream's reply. */
export interface Input {
  readonly query: Buffer;
  readonly transport: 'udp' | 'tcp';
  readonly from: (typeof ASKERS)[number];
  /** Flags, three counts and the records of an upstream's reply. */
  readonly upstream: Buffer;
}

const UPSTREAM_HEAD = 8;

/** As one line of a corpus: transport and asker, the query, the upstream's reply. */
export function formatInput({ query, transport, from, upstream }: Input): string {
  const asker = ASKERS.indexOf(from);
  return `${transport} ${asker} ${query.toString('hex') || '-'} ${upstream.toString('hex') || '-'}`;
}

export function parseInput(line: string): Input {
  const [transport, asker, query = '', upstream = ''] = line.split(' ');
  return {
    query: Buffer.from(query, 'hex'),
    transport: transport === 'tcp' ? 'tcp' : 'udp',
    from: ASKERS[Number(asker)] ?? ASKERS[0],
    upstream: Buffer.from(upstream, 'hex'),
  };
}

export interface Words {
  readonly flags: number;
  readonly counts: readonly [number, number, number];
  readonly records: Buffer;
}

export function wordsOf({ upstream }: Input): Words {
  const head = Buffer.alloc(UPSTREAM_HEAD);
  upstream.copy(head, 0, 0, UPSTREAM_HEAD);
  const counts = [head.readUInt16BE(2), head.readUInt16BE(4), head.readUInt16BE(6)] as const;
  return { flags: head.readUInt16BE(0), counts, records: upstream.subarray(UPSTREAM_HEAD) };
}

export function upstreamOf({ flags, counts, records }: Words): Buffer {
  const head = Buffer.alloc(UPSTREAM_HEAD);
  for (const [at, value] of [flags, ...counts].entries()) head.writeUInt16BE(value, at * 2);
  return Buffer.concat([head, records]);
}
