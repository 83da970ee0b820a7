import type { Answerer } from '../answer/answerer.ts';
import { canonicalQuery, wireName } from './canonical-query.ts';
import { findSoaSerial, pointersOfSoa } from './reply-shape.ts';

/** "No such name" for any name of a zone, as the general path says it of one: the SOA with the places where it differs. */
export interface Negative {
  /** Bytes 2 and 3 of the header, for a query without RD and CD. */
  readonly flags: number;
  /** What follows the question. */
  readonly bytes: Uint8Array;
  readonly serialAt: number;
  /** Where in `bytes` a pointer stands; it leads so much further as the question is longer than `questionSize`. */
  readonly pointers: readonly number[];
  readonly questionSize: number;
}

const HEADER_SIZE = 12;

export interface Negatives {
  /** Null: not of a form that can be given from here. */
  of(zone: string): Negative | null;
  forget(): void;
}

/** Made of what the general path says of the shortest name there can be in the zone. */
export function createNegatives(answerer: Pick<Answerer, 'encodeOwn'>): Negatives {
  const known = new Map<string, Negative | null>();
  const make = (zone: string): Negative | null => {
    const name = wireName(zone === '.' ? '-' : `-.${zone}`);
    const query = name && canonicalQuery(name, 1);
    if (!query) return null;
    const client = { address: '0.0.0.0', transport: 'tcp' } as const;
    const reply = answerer.encodeOwn(query, client, { kind: 'nxdomain', aliases: [], zone });
    const at = query.questionEnd;
    return {
      flags: reply.readUInt16BE(2),
      bytes: reply.subarray(at),
      serialAt: findSoaSerial(reply, at) - at,
      pointers: pointersOfSoa(reply, at).map((pointer) => pointer - at),
      questionSize: at - HEADER_SIZE,
    };
  };
  return {
    of: (zone) => {
      const negative = known.get(zone);
      if (negative !== undefined) return negative;
      const made = make(zone);
      known.set(zone, made);
      return made;
    },
    forget: () => known.clear(),
  };
}
