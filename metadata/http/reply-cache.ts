import type { ReplyBytes } from './reply-bytes.ts';

/** Replies of one state, by the client's address and the bytes of the request. */
export interface CachedReplies {
  get(key: string): ReplyBytes | undefined;
  /** Leaves out replies of more than 64 kB. Drops all other replies when there are more than 16 MB. */
  put(key: string, reply: ReplyBytes): void;
}

/**
 * A request keeps the `CachedReplies` that were current when it began. If the state changes in between, its reply goes into
 * a map that no later request reads.
 */
export interface ReplyCache {
  current(): CachedReplies;
  /** Drops all replies; call it when the state has changed. */
  clear(): void;
}

const MAX_BYTES = 16 * 1024 * 1024;
const MAX_REPLY_BYTES = 64 * 1024;
/** Memory of one entry, without the reply and the key. */
const ENTRY_BYTES = 300;

export function createReplyCache(): ReplyCache {
  let replies = createReplies();
  return {
    current: () => replies,
    clear: () => {
      replies = createReplies();
    },
  };
}

function createReplies(): CachedReplies {
  const byKey = new Map<string, ReplyBytes>();
  let used = 0;
  return {
    get: (key) => byKey.get(key),
    put: (key, reply) => {
      const size = reply.bytes.length + key.length + ENTRY_BYTES;
      if (reply.bytes.length > MAX_REPLY_BYTES) return;
      if (used + size > MAX_BYTES) {
        byKey.clear();
        used = 0;
      }
      byKey.set(key, reply);
      used += size;
    },
  };
}
