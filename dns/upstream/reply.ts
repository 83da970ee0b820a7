import { HEADER_SIZE, structureOf } from '../wire/structure.ts';

/** A copy with another id. */
export function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message);
  copy.writeUInt16BE(id, 0);
  return copy;
}

/** Same id, a reply, sound, and to the same question in any case of letters [RFC 5452 §9.1]. */
export function isReplyTo(reply: Buffer, message: Buffer, questionEnd: number): boolean {
  if (reply.length < questionEnd || reply.readUInt16BE(0) !== message.readUInt16BE(0)) return false;
  if ((reply.readUInt8(2) & 0x80) === 0 || reply.readUInt16BE(4) !== 1) return false;
  const question = (bytes: Buffer) => bytes.toString('latin1', HEADER_SIZE, questionEnd).toLowerCase();
  return question(reply) === question(message) && structureOf(reply) !== null;
}

export function isTruncated(reply: Buffer): boolean {
  return (reply.readUInt8(2) & 0x02) !== 0;
}

export function rcodeOf(reply: Buffer): number {
  return reply.readUInt8(3) & 0xf;
}
