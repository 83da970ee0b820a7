import { parseJsonIntegers } from '../model/index.ts';
import { backoffMs, type Clock, type Log, type RetrySchedule } from '../system/index.ts';

export interface MetadataClientOptions {
  /** URL of the metadata service: `http://169.254.169.250`. */
  readonly url: string;
  /** Version of the API: `2016-07-29`. */
  readonly version: string;
  readonly signal: AbortSignal;
}

/** A client of the metadata API. */
export interface MetadataClient {
  /** The value at a path that begins with an API version. Null when there is none. Rejects when the server does not answer. */
  get(path: string): Promise<unknown>;
  /** Resolves with the `version` of the metadata as soon as it is not `known`. Retries until aborted. */
  changed(known: string | null): Promise<string>;
}

/** The duration of a long poll. */
const LONG_POLL_SECONDS = 30;
/** Time for a reply, beyond the long poll. */
const REPLY_TIMEOUT_MS = 10_000;
const RETRY: RetrySchedule = { minMs: 250, maxMs: 5_000 };

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
    return parseJsonIntegers(await reply.text(), (integer) => integer);
  };
  return {
    get: (path) => read(`${base}${path}`, REPLY_TIMEOUT_MS),
    changed: async (known) => {
      let failures = 0;
      for (;;) {
        signal.throwIfAborted();
        try {
          const wait =
            known === null ? '' : `?wait=true&value=${encodeURIComponent(known)}&maxWait=${LONG_POLL_SECONDS}`;
          const version = String(
            await read(`${base}/${api}/version${wait}`, LONG_POLL_SECONDS * 1_000 + REPLY_TIMEOUT_MS),
          );
          if (failures > 0) log.info({ url: base }, 'metadata answers again');
          failures = 0;
          if (version !== known) return version;
        } catch (error) {
          signal.throwIfAborted();
          if (failures === 0) log.warn({ url: base, err: error }, 'metadata does not answer; files stay as they are');
          failures += 1;
          await clock.sleep(backoffMs(RETRY, failures, Math.random()), signal);
        }
      }
    },
  };
}
