import type { Clock, Log } from '../system/index.ts';

export interface MetadataClientOptions {
  /** Where the metadata is: `http://169.254.169.250`. */
  readonly url: string;
  /** Of the API: `2016-07-29`. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/** The API of rancher-metadata, as a client. */
export interface MetadataClient {
  /** The value at a path, which begins with the version of an API. Null when there is none. Rejects when nobody answers. */
  get(path: string): Promise<unknown>;
  /** Resolves with the version of what is served when it is another one than `known`. Tries until aborted. */
  changed(known: string | null): Promise<string>;
}

/** How long the server holds a question, and how long we wait for it beyond that. */
const HOLD_SECONDS = 30;
const GRACE_MS = 10_000;
const RETRY_MS = { min: 250, max: 5_000 };

/** Whole numbers beyond 2^53 as bigint. */
function withAllDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const { source = '' } = context ?? {};
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

export function createMetadataClient(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { url, version: api, signal }: MetadataClientOptions,
): MetadataClient {
  const base = url.replace(/\/+$/, '');
  const read = async (address: string, timeoutMs: number): Promise<unknown> => {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const reply = await fetch(address, { headers: { accept: 'application/json' }, signal: limit });
    if (reply.status === 404) return null;
    if (!reply.ok) throw new Error(`${address}: HTTP ${reply.status}`);
    return JSON.parse(await reply.text(), withAllDigits);
  };
  return {
    get: (path) => read(`${base}${path}`, GRACE_MS),
    changed: async (known) => {
      let failures = 0;
      for (;;) {
        signal.throwIfAborted();
        try {
          const wait = known === null ? '' : `?wait=true&value=${encodeURIComponent(known)}&maxWait=${HOLD_SECONDS}`;
          const version = String(await read(`${base}/${api}/version${wait}`, HOLD_SECONDS * 1_000 + GRACE_MS));
          if (failures > 0) log.info({ url: base }, 'metadata answers again');
          failures = 0;
          if (version !== known) return version;
        } catch (error) {
          signal.throwIfAborted();
          if (failures === 0) log.warn({ url: base, err: error }, 'metadata does not answer; what was written stays');
          failures += 1;
          await clock.sleep(Math.min(RETRY_MS.min * 2 ** (failures - 1), RETRY_MS.max), signal);
        }
      }
    },
  };
}
