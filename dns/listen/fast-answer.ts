/**
 * Answers the query at `rx[at, at + length)` into `tx` from `to` on, where there is room for 1,232 bytes. `from` is the
 * asker's IPv4 address as a number (big-endian, unsigned). Gives the length of the reply, `GENERAL_PATH` or `NO_REPLY`.
 * Never throws, whatever the bytes; keeps nothing of `rx` and `tx`.
 */
export type FastAnswer = (
  rx: Uint8Array,
  at: number,
  length: number,
  from: number,
  tx: Uint8Array,
  to: number,
) => number;

/** Somebody else has to answer this query. */
export const GENERAL_PATH = 0;
/** No reply is due. */
export const NO_REPLY = -1;
