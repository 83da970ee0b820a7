import { randomFillSync } from 'node:crypto';

/** Cryptographically random bytes, generated in bulk: one call for each query would cost as much as the query. */
export interface Random {
  /** The buffer is valid until the next call. */
  bytes(count: number): Buffer;
  /** From 0 to 65,535. */
  id(): number;
  /** From 0 to `below - 1`, for `below` up to a few hundred. */
  pick(below: number): number;
}

const POOL = 8_192;

export function createRandom(): Random {
  const pool = Buffer.alloc(POOL);
  let at = POOL;
  const bytes = (count: number): Buffer => {
    if (at + count > POOL) {
      randomFillSync(pool);
      at = 0;
    }
    at += count;
    return pool.subarray(at - count, at);
  };
  const id = () => bytes(2).readUInt16BE(0);
  return { bytes, id, pick: (below) => id() % below };
}
