import { createHash } from 'node:crypto';

/** A frame of a WebSocket with at most 125 bytes. */
export interface Frame {
  readonly opcode: number;
  readonly payload: Buffer;
}

export const TEXT = 1;
export const CLOSE = 8;
const LONGEST = 125;

/** Clients mask their frames [RFC 6455 §5.3]; a mask of zeros leaves the payload as it is. */
export function encodeFrame({ opcode, payload }: Frame, { masked }: { readonly masked: boolean }): Buffer {
  if (payload.length > LONGEST) throw new Error(`a frame of ${payload.length} bytes is too long`);
  const head = masked ? [0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0] : [0x80 | opcode, payload.length];
  return Buffer.concat([Buffer.from(head), payload]);
}

/** Takes the bytes as they come, and calls `onFrame` for each complete frame. */
export function frameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const [first, second] = rest;
      if (first === undefined || second === undefined) return;
      const start = second & 0x80 ? 6 : 2;
      const end = start + (second & 0x7f);
      if (rest.length < end) return;
      const mask = start === 6 ? rest.subarray(2, 6) : Buffer.alloc(4);
      const payload = Buffer.from(rest.subarray(start, end).map((byte, at) => byte ^ (mask[at % 4] ?? 0)));
      rest = rest.subarray(end);
      onFrame({ opcode: first & 0x0f, payload });
    }
  };
}

/** `Sec-WebSocket-Accept` for a `Sec-WebSocket-Key` [RFC 6455 §4.2.2]. */
export function acceptKey(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}
