/** Offsets in replies that this server encoded and that need no validation. */

const TYPE_SOA = 6;
/** Type, class, TTL, length of the data. */
const FIXED_PART_SIZE = 10;
/** Serial, refresh, retry, expire, minimum. */
const SOA_NUMBERS_SIZE = 20;

/** The offset behind a record. */
export function skipRecord(reply: Buffer, at: number): number {
  const fixed = skipName(reply, at);
  return fixed + FIXED_PART_SIZE + reply.readUInt16BE(fixed + 8);
}

/** The offset of the serial of the first SOA record from `at` on. Throws if there is none. */
export function findSoaSerial(reply: Buffer, at: number): number {
  let record = at;
  while (reply.readUInt16BE(skipName(reply, record)) !== TYPE_SOA) record = skipRecord(reply, record);
  return skipRecord(reply, record) - SOA_NUMBERS_SIZE;
}

/** The offsets of all compression pointers in the SOA record at `at`: in its owner and in the two names of its data. */
export function pointersOfSoa(reply: Buffer, at: number): readonly number[] {
  const primary = skipName(reply, at) + FIXED_PART_SIZE;
  const names = [at, primary, skipName(reply, primary)];
  return names.map((name) => endOfLabels(reply, name)).filter((end) => reply.readUInt8(end) !== 0);
}

function skipName(reply: Buffer, at: number): number {
  const end = endOfLabels(reply, at);
  return reply.readUInt8(end) === 0 ? end + 1 : end + 2;
}

/** The offset of the zero, or of the pointer, that ends a name. */
function endOfLabels(reply: Buffer, at: number): number {
  let label = at;
  for (let length = reply.readUInt8(label); length !== 0 && length < 0xc0; length = reply.readUInt8(label)) {
    label += length + 1;
  }
  return label;
}
