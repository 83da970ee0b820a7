import { createHmac, timingSafeEqual } from 'node:crypto';

/** A probe or its answer, which is never larger than the probe. */
export interface Packet {
  readonly kind: 'ping' | 'pong';
  /** Host id of the sender. */
  readonly from: string;
  /** Host id of the receiver, so that a host that has inherited the address does not answer. */
  readonly to: string;
  /** `Host.incarnation` of the sender. */
  readonly incarnation: number;
  /** A ping has a higher one than the ping before. A pong has that of its ping. */
  readonly sequence: number;
}

const MAGIC = 0x4452;
const VERSION = 1;
const TAG_BYTES = 16;
const HEADER_BYTES = 2 + 1 + 1 + TAG_BYTES;
const KINDS = ['ping', 'pong'] as const;

/**
 * magic 2 · version 1 · kind 1 · tag 16 · sequence 6 · incarnation 6 · length 1 · from · length 1 · to.
 * The tag (truncated HMAC-SHA-256) separates environments and rejects stray packets. The content is not secret.
 */
export function encodePacket(packet: Packet, key: string): Buffer {
  const ids = [packet.from, packet.to].flatMap((id) => {
    const bytes = Buffer.from(id).subarray(0, 255);
    return [Buffer.from([bytes.length]), bytes];
  });
  const numbers = Buffer.alloc(12);
  numbers.writeUIntBE(packet.sequence, 0, 6);
  numbers.writeUIntBE(packet.incarnation, 6, 6);
  const head = Buffer.from([MAGIC >> 8, MAGIC & 0xff, VERSION, KINDS.indexOf(packet.kind)]);
  const body = Buffer.concat([numbers, ...ids]);
  return Buffer.concat([head, tagOf(head, body, key), body]);
}

/** Null if the bytes are not a packet of this environment. */
export function parsePacket(bytes: Buffer, key: string): Packet | null {
  if (bytes.length < HEADER_BYTES + 14 || bytes.readUInt16BE(0) !== MAGIC || bytes[2] !== VERSION) return null;
  const kind = KINDS[bytes[3] ?? 255];
  const body = bytes.subarray(HEADER_BYTES);
  const tag = bytes.subarray(4, HEADER_BYTES);
  if (!kind || !timingSafeEqual(tag, tagOf(bytes.subarray(0, 4), body, key))) return null;
  const fromEnd = 13 + (body[12] ?? 0);
  const toEnd = fromEnd + 1 + (body[fromEnd] ?? 0);
  if (body.length !== toEnd) return null;
  return {
    kind,
    sequence: body.readUIntBE(0, 6),
    incarnation: body.readUIntBE(6, 6),
    from: body.toString('utf8', 13, fromEnd),
    to: body.toString('utf8', fromEnd + 1, toEnd),
  };
}

function tagOf(head: Buffer, body: Buffer, key: string): Buffer {
  return createHmac('sha256', key).update(head).update(body).digest().subarray(0, TAG_BYTES);
}
