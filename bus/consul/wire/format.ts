import type { IncomingMessage } from 'node:http';
import type Consul from 'consul';
import type { Entry, Operation, Outcome } from './api.ts';

export function indexOf(response: IncomingMessage): number {
  return Math.max(1, Number(response.headers['x-consul-index']));
}

type WireOperation = Parameters<Consul['transaction']['create']>[0][number];

interface RawEntry {
  readonly Key?: unknown;
  readonly Value?: unknown;
  readonly Flags?: unknown;
  readonly ModifyIndex?: unknown;
  readonly Session?: unknown;
}

/** Throws if it is not an entry. */
export function parseEntry(raw: RawEntry): Entry {
  const { Key, Value, Flags, ModifyIndex, Session } = raw;
  if (typeof Key !== 'string' || typeof ModifyIndex !== 'number') throw new Error('the response is not a list of keys');
  const value = Buffer.isBuffer(Value) ? Value : Buffer.from(typeof Value === 'string' ? Value : '', 'base64');
  return {
    key: Key,
    value,
    flags: typeof Flags === 'number' ? Flags : 0,
    modifyIndex: ModifyIndex,
    session: typeof Session === 'string' && Session ? Session : null,
  };
}

export function wireOperation(operation: Operation) {
  const value = 'value' in operation ? { Value: operation.value.toString('base64') } : {};
  return {
    KV: {
      Verb: operation.verb,
      Key: operation.key,
      ...value,
      ...('flags' in operation && operation.flags ? { Flags: operation.flags } : {}),
      ...('index' in operation ? { Index: operation.index } : {}),
      ...('session' in operation ? { Session: operation.session } : {}),
    },
  } as unknown as WireOperation;
}

/** Throws if it is not the result of a transaction. */
export function parseResults(body: unknown): readonly Entry[] {
  const { Results } = body as { Results?: unknown };
  // Consul writes null for an empty list.
  if (Results !== null && !Array.isArray(Results)) throw new Error('the response is not the result of a transaction');
  return (Results ?? []).map((result: { KV?: RawEntry } | null) => parseEntry(result?.KV ?? {}));
}

export function parseRefusal(body: unknown): Outcome {
  const errors = (body as { Errors?: unknown } | null)?.Errors;
  const list = Array.isArray(errors) ? (errors as readonly ({ OpIndex?: unknown; What?: unknown } | null)[]) : [];
  return {
    ok: false,
    refused: list.map((one) => Number(one?.OpIndex)),
    why: list.map((one) => String(one?.What)).join('; ') || 'Consul refused the transaction',
  };
}

export function isNoKey(error: unknown): boolean {
  const { response } = error as { response?: IncomingMessage };
  return response?.statusCode === 404 && response.headers['x-consul-index'] !== undefined;
}

/** Compares Consul's own text, because the 404 of another server must not end a lease. */
export function isNoSession(error: unknown): boolean {
  const { response } = error as { response?: IncomingMessage & { body?: unknown } };
  return response?.statusCode === 404 && /^Session id '.*' not found/.test(String(response.body));
}
