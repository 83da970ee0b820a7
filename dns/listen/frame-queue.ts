/**
 * The messages that a TCP client sends, each behind its length [RFC 1035 §4.2.2], given out one at a time: whoever takes them
 * may stop. Of each no more than `maxBytes` are kept, the rest is dropped as it comes.
 */
export interface FrameQueue {
  /** Bytes as they come. */
  push(chunk: Buffer): void;
  /** The next whole message, or its beginning; null: there is none yet. */
  next(): Buffer | null;
  /** Whether part of a message is there that `next` could not give. */
  partial(): boolean;
}

export function createFrameQueue(maxBytes: number): FrameQueue {
  let unread: Buffer = Buffer.alloc(0);
  let head: number | null = null;
  let message: Buffer | null = null;
  /** Bytes of the message that are there, and those that are still to come. */
  let filled = 0;
  let missing = 0;

  /** Takes the two bytes of a length, of which the first may have come long ago. */
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
    // Its own memory: a few bytes of a chunk would keep all of it.
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
