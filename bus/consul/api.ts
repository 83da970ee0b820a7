import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type Consul from 'consul';
import type { Connection } from './connection.ts';
import type { Contact } from './contact.ts';
import type { Stored } from './convert.ts';
import { failureOf, RefusedError } from './failure.ts';
import { indexOf, isNoKey, isNoSession, parseEntry, parseRefusal, parseResults, wireOperation } from './wire.ts';

/** One key of Consul. */
export interface Entry extends Stored {
  readonly key: string;
  readonly modifyIndex: number;
  readonly session: string | null;
}

export interface Listing {
  /** Consul's index of the answer, at least 1. */
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

/** A transaction is applied as a whole or refused: `refused` are the positions of the operations that did not hold. */
export type Outcome =
  | { readonly ok: true; readonly entries: readonly Entry[] }
  | { readonly ok: false; readonly refused: readonly number[]; readonly why: string };

export interface ReadOptions {
  /** Waits until the index is larger than this, at most `waitMs`. */
  readonly index?: number;
  readonly waitMs?: number;
  /** Has the leader ask its followers whether it still leads, so that no older answer than the last is given. */
  readonly consistent?: boolean;
  readonly signal?: AbortSignal;
}

/** The few requests to Consul we make. Each rejects when it has no answer in time or one that is not Consul's. */
export interface ConsulApi {
  /** All keys below a prefix. Never stale. */
  list(prefix: string, options?: ReadOptions): Promise<Listing>;
  /** The names alone. */
  keys(prefix: string, options?: { readonly separator?: string }): Promise<readonly string[]>;
  get(key: string, options?: ReadOptions): Promise<{ readonly index: number; readonly entry: Entry | null }>;
  /** At most 64 operations and 512 kB as base64. A refusal is a value; not knowing whether it was applied is a rejection. */
  transact(operations: readonly Operation[], options?: { readonly consistent?: boolean }): Promise<Outcome>;
  createSession(name: string, ttlSeconds: number): Promise<string>;
  /** False: Consul does not have it any more. */
  renewSession(id: string): Promise<boolean>;
  destroySession(id: string): Promise<void>;
  sessionName(id: string): Promise<string | null>;
}

const REQUEST_TIMEOUT_MS = 10_000;
const RENEW_TIMEOUT_MS = 4_000;
/** Bad request, conflict, too large: Consul is well, it was our request. */
const REFUSALS = new Set([400, 409, 413]);

export function createConsulApi(
  { connection, contact }: { readonly connection: Connection; readonly contact: Contact },
  closed: AbortSignal,
): ConsulApi {
  /** Every request goes through here: its end, its failure, and the tale of both. */
  const ask = async <T>(
    what: string,
    run: (consul: Consul, ctx: EventEmitter, timeout: number) => Promise<T>,
    { signal, waitMs = 0 }: ReadOptions = {},
  ): Promise<T> => {
    const end = signal ? AbortSignal.any([signal, closed]) : closed;
    end.throwIfAborted();
    const { consul, address } = connection.current();
    // Consul adds up to a sixteenth to a wait.
    const timeout = REQUEST_TIMEOUT_MS + waitMs * 1.1;
    const ctx = Object.assign(new EventEmitter(), { includeResponse: true });
    const cancel = (): void => void ctx.emit('cancel');
    end.addEventListener('abort', cancel, { once: true });
    try {
      const result = await run(consul, ctx, timeout);
      contact.succeeded();
      return result;
    } catch (error) {
      end.throwIfAborted();
      const failure = failureOf(error, `${what} at ${address}`);
      if (failure instanceof RefusedError && REFUSALS.has(failure.status)) contact.succeeded();
      else {
        contact.failed(failure.message);
        connection.failed(consul);
      }
      throw failure;
    } finally {
      end.removeEventListener('abort', cancel);
    }
  };

  const list = (prefix: string, options: ReadOptions = {}, recurse = true): Promise<Listing> =>
    ask(
      `reading ${prefix}`,
      async (consul, ctx, timeout) => {
        const answer = await consul.kv.get({
          key: prefix,
          recurse,
          ...readOptions(options),
          ctx,
          timeout,
        } as GetOptions);
        const [response, body] = answer as unknown as [IncomingMessage, unknown];
        const raw = body === undefined ? [] : Array.isArray(body) ? body : [body];
        return { index: indexOf(response), entries: raw.map(parseEntry) };
      },
      options,
    );

  const sessionName = (id: string): Promise<string | null> =>
    ask('reading a session', async (consul, ctx, timeout) => {
      const answer = await consul.session.info({ id, ctx, timeout, consistent: true } as { id: string });
      return (answer as unknown as [unknown, { Name?: string } | undefined])[1]?.Name ?? null;
    });

  return {
    list,
    get: async (key, options) => {
      const { index, entries } = await list(key, options, false);
      return { index, entry: entries[0] ?? null };
    },
    keys: (prefix, { separator } = {}) =>
      ask(`reading the keys below ${prefix}`, async (consul, ctx, timeout) => {
        const options = { key: prefix, ...(separator ? { separator } : {}), consistent: true, ctx, timeout };
        try {
          const [, keys] = (await consul.kv.keys(options)) as unknown as [IncomingMessage, readonly string[]];
          return keys;
        } catch (error) {
          if (isNoKey(error)) return [];
          throw error;
        }
      }),
    transact: async (operations, { consistent = false } = {}) => {
      const body = operations.map(wireOperation);
      try {
        return await ask(`a transaction of ${operations.length}`, async (consul, ctx, timeout) => {
          const options = { operations: body, ctx, timeout, ...(consistent ? { consistent } : {}) };
          const answer = await consul.transaction.create(body, options as { operations: typeof body });
          return { ok: true, entries: parseResults((answer as unknown as [IncomingMessage, unknown])[1]) };
        });
      } catch (error) {
        if (error instanceof RefusedError && error.status === 409) return parseRefusal(error.body);
        throw error;
      }
    },
    createSession: (name, ttlSeconds) =>
      ask('making a session', async (consul, ctx, timeout) => {
        // Without checks: else the session would end with the health of the server that made it.
        const options = { name, ttl: `${ttlSeconds}s`, lockdelay: '0s', behavior: 'release', checks: [], ctx, timeout };
        const answer = (await consul.session.create(options as SessionOptions)) as unknown as [
          unknown,
          { ID?: unknown },
        ];
        const id = answer[1].ID;
        if (typeof id !== 'string') throw new Error('Consul gave no session id');
        return id;
      }),
    renewSession: async (id) => {
      const renewed = await ask('renewing the session', async (consul, ctx, timeout) => {
        try {
          await consul.session.renew({ id, ctx, timeout: Math.min(timeout, RENEW_TIMEOUT_MS) } as { id: string });
          return true;
        } catch (error) {
          if (isNoSession(error)) return false;
          throw error;
        }
      });
      if (renewed) return true;
      // A server that has just become the leader may say so of any session until it has caught up with its log.
      if ((await sessionName(id)) === null) return false;
      throw new Error('the session is there, but was not renewed');
    },
    destroySession: (id) =>
      ask('ending the session', async (consul, ctx, timeout) => {
        await consul.session.destroy({ id, ctx, timeout } as { id: string });
      }),
    sessionName,
  };
}

// The package's types leave out the options it shares between all its calls.
type GetOptions = Parameters<Consul['kv']['get']>[0] & { recurse: boolean };
type SessionOptions = NonNullable<Parameters<Consul['session']['create']>[0]>;

function readOptions({ index, waitMs, consistent }: ReadOptions) {
  return {
    buffer: true,
    ...(index ? { index: String(index), wait: `${Math.max(1, Math.round(waitMs ?? 0))}ms` } : {}),
    ...(consistent ? { consistent: true } : {}),
  };
}
