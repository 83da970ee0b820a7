import { parseAddress } from '../../model/index.ts';

/** A server as `balance source` sees it. */
export interface HashedServer {
  readonly name: string;
  /** Column `sid` of the statistics; see `serverId`. */
  readonly id: number;
  readonly weight: number;
}

/** Places of a server on the ring for each unit of weight, and the distance between the first places of two ids. */
const PLACES = 16;
const ID_STEP = 4_096;

/**
 * The server that `balance source` with `hash-type consistent` chooses for a client: the nearest place on a ring, as HAProxy 2.6 computes it
 * (`lb_chash.c`). Null: no server has a weight, or `address` is none.
 */
export function sourceServer(servers: readonly HashedServer[], address: string): string | null {
  const parsed = parseAddress(address);
  const places = servers
    .flatMap(({ name, id, weight }) =>
      Array.from({ length: weight * PLACES }, (_, at) => ({ name, key: spread(id * ID_STEP + at) })),
    )
    .sort((a, b) => a.key - b.key);
  if (!parsed.ok || places.length === 0) return null;
  const hash = spread(foldedWords(parsed.value.value));
  const at = places.findIndex(({ key }) => key >= hash);
  const next = places[at < 0 ? 0 : at];
  const before = places.at((at < 0 ? 0 : at) - 1);
  if (next === undefined || before === undefined) return null;
  return (hash - before.key) >>> 0 <= (next.key - hash) >>> 0 ? before.name : next.name;
}

/** The 32-bit words of an address, combined by exclusive or. */
function foldedWords(value: bigint): number {
  let words = 0;
  for (let rest = value; rest > 0n; rest >>= 32n) words ^= Number(rest & 0xffff_ffffn);
  return words >>> 0;
}

/** HAProxy's `full_hash`. */
function spread(value: number): number {
  let a = value | 0;
  a = (a + 0x7ed5_5d16 + (a << 12)) | 0;
  a = a ^ 0xc761_c23c ^ (a >>> 19);
  a = (a + 0x1656_67b1 + (a << 5)) | 0;
  a = ((a + 0xd3a2_646c) | 0) ^ (a << 9);
  a = (a + 0xfd70_46c5 + (a << 3)) | 0;
  a = a ^ 0xb55a_4f09 ^ (a >>> 16);
  return Math.imul(a, 3_221_225_473) >>> 0;
}
