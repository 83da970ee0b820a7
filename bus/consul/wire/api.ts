/** A value as it is stored in Consul. */
export interface StoredValue {
  readonly value: Buffer;
  readonly flags: number;
}

/** One key of Consul. */
export interface Entry extends StoredValue {
  readonly key: string;
  readonly modifyIndex: number;
  /** Id of the session that holds the key. */
  readonly session: string | null;
}

export interface Listing {
  /** `X-Consul-Index` of the response, at least 1. */
  readonly index: number;
  readonly entries: readonly Entry[];
}

export type Operation =
  | { readonly verb: 'set'; readonly key: string; readonly value: Buffer; readonly flags?: number }
  | {
      readonly verb: 'cas';
      readonly key: string;
      readonly value: Buffer;
      readonly flags?: number;
      readonly index: number;
    }
  | { readonly verb: 'lock' | 'unlock'; readonly key: string; readonly value: Buffer; readonly session: string }
  | { readonly verb: 'delete' | 'delete-tree' | 'get-tree' | 'check-not-exists'; readonly key: string }
  | { readonly verb: 'delete-cas' | 'check-index'; readonly key: string; readonly index: number };

/** Consul applies a transaction as a whole or refuses it; `refused` lists the positions of the operations that failed. */
export type Outcome =
  | { readonly ok: true; readonly entries: readonly Entry[] }
  | { readonly ok: false; readonly refused: readonly number[]; readonly why: string };

export interface ReadOptions {
  /** Blocks until Consul's index exceeds this one, for at most `waitMs`. */
  readonly index?: number;
  readonly waitMs?: number;
  /** Makes the leader confirm its leadership first, so that the response is never older than the previous one. */
  readonly consistent?: boolean;
  readonly signal?: AbortSignal;
}

/** The requests that Drover sends to Consul. Each one rejects on a timeout and on a response that is not from Consul. */
export interface ConsulApi {
  /** All keys below a prefix. Never a stale read. */
  list(prefix: string, options?: ReadOptions): Promise<Listing>;
  /** The names of all keys below a prefix. */
  keys(prefix: string, options?: { readonly separator?: string }): Promise<readonly string[]>;
  get(key: string, options?: ReadOptions): Promise<{ readonly index: number; readonly entry: Entry | null }>;
  /**
   * At most 64 operations and 512 kB as base64. A refusal is a value. A rejection leaves open whether Consul applied the
   * transaction.
   */
  transact(operations: readonly Operation[], options?: { readonly consistent?: boolean }): Promise<Outcome>;
  /** Gives the session's id. */
  createSession(name: string, ttlSeconds: number): Promise<string>;
  /** False if Consul does not know the session (any more). */
  renewSession(id: string): Promise<boolean>;
  destroySession(id: string): Promise<void>;
  /** Null if Consul does not know the session. */
  sessionName(id: string): Promise<string | null>;
}
