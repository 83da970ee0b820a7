import type { Answerer } from '../answer/answerer.ts';
import { canonicalQuery, type PlainEdns, wireName } from './canonical-query.ts';
import { MAX_TYPE, OPT_SIZE } from './question.ts';

/** By type of a question: 1 if the general path answers it. */
export function answeredTypes(): Uint8Array {
  const types = new Uint8Array(256);
  const name = Buffer.from([0]);
  for (let type = 0; type <= MAX_TYPE; type += 1) types[type] = canonicalQuery(name, type) ? 1 : 0;
  return types;
}

/** The OPT records of the general path, without and with DO: three overlapping numbers each, from byte 0, 4 and 7. */
export function encodeOpts({ encodeOwn }: Pick<Answerer, 'encodeOwn'>): readonly number[] {
  return (['bare', 'dnssec-ok'] as const).flatMap((edns: PlainEdns) => {
    const name = wireName('-');
    const query = name && canonicalQuery(name, 1, edns);
    if (!query) throw new Error('the plainest query with EDNS cannot be read; this is a bug');
    const client = { address: '0.0.0.0', transport: 'udp' } as const;
    const reply = encodeOwn(query, client, { kind: 'nodata', aliases: [], zone: '.' });
    const at = reply.length - OPT_SIZE;
    return [0, 4, 7].map((offset) => reply.readInt32LE(at + offset));
  });
}
