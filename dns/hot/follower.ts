import type { StoredReply } from './stored-reply.ts';

export interface FollowedKey {
  /** Number of the askers that get this answer; see `Scopes`. */
  readonly scope: number;
  readonly type: number;
  /** Wire form, lower case. */
  readonly name: Uint8Array;
}

/** Answers queries by itself from a copy of the table, which the hot path keeps up to date. */
export interface TableFollower {
  /** Called before a change is applied: no answers until `resume`. */
  pause(): void;
  /** The change is applied; `serial` is the one of SOA records from now on. */
  resume(serial: number): void;
  put(key: FollowedKey, reply: StoredReply): void;
  drop(key: FollowedKey): void;
  clear(): void;
  /**
   * The scope of an IPv4 address (big-endian number). `COMMON_BIT` in `scope` means that replies of the scope `EVERYBODY`
   * are looked up first.
   */
  know(from: number, scope: number): void;
  /** The scopes of all addresses are unknown again. */
  forgetAskers(): void;
}
