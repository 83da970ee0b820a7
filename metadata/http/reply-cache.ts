import type { ReplyBytes } from './reply-bytes.ts';

/** Replies by the bytes of the request and who sent them, for as long as the state is the same. */
export interface ReplyCache {
  get(key: string): ReplyBytes | undefined;
  /** Of what was begun at `state`; left out when the state is another one by now. */
  put(key: string, reply: ReplyBytes, state: number): void;
  /** Number of the present state. */
  state(): number;
  /** Nothing that is kept holds any more. */
  clear(): void;
}

const MAX_BYTES = 16 * 1024 * 1024;
/** A larger one would push out a thousand small ones. */
const MAX_REPLY_BYTES = 64 * 1024;
/** What an entry takes beside its bytes. */
const ENTRY_BYTES = 300;

export function createReplyCache(): ReplyCache {
  let kept = new Map<string, ReplyBytes>();
  let bytes = 0;
  let state = 0;
  return {
    get: (key) => kept.get(key),
    put: (key, reply, at) => {
      if (at !== state || reply.bytes.length > MAX_REPLY_BYTES) return;
      bytes += reply.bytes.length + key.length + ENTRY_BYTES;
      if (bytes > MAX_BYTES) {
        kept = new Map();
        bytes = reply.bytes.length + key.length + ENTRY_BYTES;
      }
      kept.set(key, reply);
    },
    state: () => state,
    clear: () => {
      state += 1;
      if (kept.size > 0) kept = new Map();
      bytes = 0;
    },
  };
}
