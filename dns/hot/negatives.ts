import type { Answerer } from '../answer/answerer.ts';
import { canonicalQuery, wireName } from './canonical-query.ts';
import { findSoaSerial, pointersOfSoa } from './reply-shape.ts';

/** The NXDOMAIN reply for any name of a zone: the bytes of the general path, and the offsets that differ from name to name. */
export interface Negative {
  /** Bytes 2 and 3 of the header, for a query without RD and CD. */
  readonly flags: number;
  /** The part that follows the question. */
  readonly bytes: Uint8Array;
  readonly serialAt: number;
  /** Offsets of compression pointers in `bytes`. They grow with the question: they are right for one of `questionSize`. */
  readonly pointers: readonly number[];
  readonly questionSize: number;
}

const HEADER_SIZE = 12;

export interface Negatives {
  /** Null: the zone has labels that only the general path can answer for. */
  of(zone: string): Negative | null;
  forget(): void;
}

/** Takes the reply from the general path, for the shortest possible name in the zone. */
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
