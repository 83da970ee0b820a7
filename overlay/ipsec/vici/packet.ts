import { decodeMessage, encodeMessage, encodeName, type ViciMessage } from './message.ts';

/** What a client sends. Each is replied to, in order. */
export type ViciRequest =
  | { readonly type: 'command'; readonly name: string; readonly message: ViciMessage }
  | { readonly type: 'register' | 'unregister'; readonly name: string };

/** What charon sends. `unknown`: it has no such command or event. */
export type ViciPacket =
  | { readonly type: 'reply'; readonly message: ViciMessage }
  | { readonly type: 'confirm' | 'unknown' }
  | { readonly type: 'event'; readonly name: string; readonly message: ViciMessage };

const REQUEST_TYPES = { command: 0, register: 3, unregister: 4 } as const;
const RESPONSE = 1;
const COMMAND_UNKNOWN = 2;
const EVENT_CONFIRM = 5;
const EVENT_UNKNOWN = 6;
const EVENT = 7;

const LENGTH_BYTES = 4;
/** Of one packet, as strongSwan limits it. */
const MAX_PACKET_BYTES = 512 * 1024;

export function encodeRequest(request: ViciRequest): Buffer {
  const message = request.type === 'command' ? encodeMessage(request.message) : Buffer.alloc(0);
  const body = Buffer.concat([Buffer.of(REQUEST_TYPES[request.type]), encodeName(request.name), message]);
  if (body.length > MAX_PACKET_BYTES) throw new RangeError(`VICI: packet of ${body.length} bytes`);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** Null: not a packet that a server sends. */
export function decodePacket(body: Buffer): ViciPacket | null {
  switch (body[0]) {
    case RESPONSE: {
      const message = decodeMessage(body.subarray(1));
      return message && { type: 'reply', message };
    }
    case EVENT_CONFIRM:
      return { type: 'confirm' };
    case COMMAND_UNKNOWN:
    case EVENT_UNKNOWN:
      return { type: 'unknown' };
    case EVENT: {
      const end = 2 + (body[1] ?? 0);
      const message = end > body.length ? null : decodeMessage(body.subarray(end));
      return message && { type: 'event', name: body.toString('utf8', 2, end), message };
    }
    default:
      return null;
  }
}

/** Cuts a stream of bytes into the bodies of packets. */
export class PacketSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** Null: the stream is not VICI. */
  push(chunk: Buffer): readonly Buffer[] | null {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const bodies: Buffer[] = [];
    while (bytes.length >= LENGTH_BYTES) {
      const length = bytes.readUInt32BE();
      if (length > MAX_PACKET_BYTES) return null;
      if (bytes.length < LENGTH_BYTES + length) break;
      bodies.push(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + length));
      bytes = bytes.subarray(LENGTH_BYTES + length);
    }
    this.#rest = bytes;
    return bodies;
  }
}
