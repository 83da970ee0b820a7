/**
 * Answers the query at `rx[at, at + length)` into `tx` from `to` on, where there is room for 1,232 bytes. `from` is the
 * client's IPv4 address as an unsigned, big-endian number. Returns the length of the reply, or `GENERAL_PATH`. Never
 * throws, whatever the bytes, and keeps no reference to `rx` and `tx`.
 */
export type FastAnswer = (
  rx: Uint8Array,
  at: number,
  length: number,
  from: number,
  tx: Uint8Array,
  to: number,
) => number;

/** The general path has to answer this query. */
export const GENERAL_PATH = 0;
