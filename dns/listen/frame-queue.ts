/**
 * The messages that a TCP client sends, each after its length [RFC 1035 §4.2.2]. The reader takes them one at a time, and may
 * stop. At most `maxBytes` of each message are kept; the rest is dropped as it arrives.
 */
export interface FrameQueue {
  /** Adds received bytes. */
  push(chunk: Buffer): void;
  /** The next complete message, cut to `maxBytes`; null: there is none yet. */
  next(): Buffer | null;
  /** Whether the beginning of an incomplete message was received. */
  partial(): boolean;
}

export function createFrameQueue(maxBytes: number): FrameQueue {
  let unread: Buffer = Buffer.alloc(0);
  let head: number | null = null;
  let message: Buffer | null = null;
  /** Bytes of the message that were received, and those that are missing. */
  let filled = 0;
  let missing = 0;

  /** Reads the two bytes of a length. The first may have arrived earlier. */
  const begin = (): boolean => {
    const first = head ?? unread[0];
    const second = head === null ? unread[1] : unread[0];
    if (first === undefined || second === undefined) {
      if (first !== undefined) head = first;
      unread = unread.subarray(unread.length);
      return false;
    }
    unread = unread.subarray(head === null ? 2 : 1);
    head = null;
    missing = first * 256 + second;
    // A copy, because a few bytes of a chunk would keep the memory of the whole chunk.
    message = Buffer.allocUnsafe(Math.min(missing, maxBytes));
    filled = 0;
    return true;
  };

  return {
    push: (chunk) => {
      unread = unread.length === 0 ? chunk : Buffer.concat([unread, chunk]);
    },
    next: () => {
      if (!message && !begin()) return null;
      if (!message) return null;
      const taken = Math.min(missing, unread.length);
      filled += unread.copy(message, filled, 0, Math.min(taken, message.length - filled));
      unread = unread.subarray(taken);
      missing -= taken;
      if (missing > 0) return null;
      const whole = message;
      message = null;
      return whole;
    },
    partial: () => head !== null || message !== null,
  };
}
