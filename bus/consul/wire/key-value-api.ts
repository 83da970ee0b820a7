import type { IncomingMessage } from 'node:http';
import type Consul from 'consul';
import type { ConsulApi, Listing, ReadOptions } from './api.ts';
import { RefusedError } from './failure.ts';
import { indexOf, isNoKey, parseEntry, parseRefusal, parseResults, wireOperation } from './format.ts';
import type { Request } from './request.ts';

/** The requests about keys and values. */
export function createKeyValueApi(request: Request): Pick<ConsulApi, 'list' | 'keys' | 'get' | 'transact'> {
  const read = (key: string, recurse: boolean, options: ReadOptions = {}): Promise<Listing> =>
    request(
      `reading ${key}`,
      async (consul, call) => {
        const answer = await consul.kv.get({ key, recurse, ...readOptions(options), ...call } as GetOptions);
        const [response, body] = answer as unknown as [IncomingMessage, unknown];
        const raw = body === undefined ? [] : Array.isArray(body) ? body : [body];
        return { index: indexOf(response), entries: raw.map(parseEntry) };
      },
      options,
    );

  return {
    list: (prefix, options) => read(prefix, true, options),
    get: async (key, options) => {
      const { index, entries } = await read(key, false, options);
      return { index, entry: entries[0] ?? null };
    },
    keys: (prefix, { separator } = {}) =>
      request(`reading the keys below ${prefix}`, async (consul, call) => {
        const options = { key: prefix, ...(separator ? { separator } : {}), consistent: true, ...call };
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
        return await request(`a transaction of ${operations.length} operations`, async (consul, call) => {
          const options = { operations: body, ...call, ...(consistent ? { consistent } : {}) };
          const answer = await consul.transaction.create(body, options as { operations: typeof body });
          return { ok: true, entries: parseResults((answer as unknown as [IncomingMessage, unknown])[1]) };
        });
      } catch (error) {
        if (error instanceof RefusedError && error.status === 409) return parseRefusal(error.body);
        throw error;
      }
    },
  };
}

// The types of the package lack the options that all its calls share.
type GetOptions = Parameters<Consul['kv']['get']>[0] & { recurse: boolean };

function readOptions({ index, waitMs, consistent }: ReadOptions) {
  return {
    buffer: true,
    ...(index ? { index: String(index), wait: `${Math.max(1, Math.round(waitMs ?? 0))}ms` } : {}),
    ...(consistent ? { consistent: true } : {}),
  };
}
