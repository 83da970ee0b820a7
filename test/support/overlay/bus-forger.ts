import { randomBytes } from 'node:crypto';
import { bucketOf, decodeBucket, encodeHostRecord, parseHostRecord } from '../../../bus/consul/layout/convert.ts';
import { documentGroup, hostGroup, keysOf } from '../../../bus/consul/layout/keys.ts';
import type { FactMap } from '../../../bus/index.ts';
import type { JsonValue } from '../../../model/index.ts';
import type { ConsulCluster } from '../consul.ts';

/** Somebody who can write to Consul, and is no agent. */
export interface BusForger {
  fact(hostId: string, key: string): Promise<JsonValue | undefined>;
  /** Changes a fact of a host without its lease. The agent of the host does not notice, and overwrites it with its next change. */
  setFact(hostId: string, key: string, value: JsonValue): Promise<void>;
  /** Adds a host with a session of its own. */
  addHost(hostId: string, facts: Readonly<Record<string, JsonValue>>): Promise<void>;
  removeHost(hostId: string): Promise<void>;
  document(key: string): Promise<JsonValue>;
  /** Null deletes. */
  setDocument(key: string, value: JsonValue): Promise<void>;
}

export function createBusForger({ request }: Pick<ConsulCluster, 'request'>): BusForger {
  const keys = keysOf('drover', 'default');
  const put = (key: string, value: string, query = ''): Promise<string> =>
    request('PUT', `/v1/kv/${key}${query}`, value);
  const bump = (group: string): Promise<string> => put(keys.group(group), randomBytes(6).toString('hex'));
  const read = async (key: string) => {
    const [entry] = JSON.parse(await request('GET', `/v1/kv/${key}`)) as { Value: string; Flags: number }[];
    return { value: Buffer.from(entry?.Value ?? '', 'base64'), flags: entry?.Flags ?? 0 };
  };
  const tokensOf = async (hostId: string) => parseHostRecord((await read(keys.hostRecord(hostId))).value) ?? [];
  const bucketAt = async (
    hostId: string,
    key: string,
  ): Promise<readonly [number, FactMap, readonly (string | null)[]]> => {
    const tokens = await tokensOf(hostId);
    const index = bucketOf(key, tokens.length);
    return [index, decodeBucket(await read(keys.factsOf(hostId) + tokens[index])), tokens];
  };
  /** As text, which curl can send. */
  const putBucket = async (hostId: string, facts: FactMap): Promise<string> => {
    const token = randomBytes(6).toString('hex');
    await put(keys.factsOf(hostId) + token, JSON.stringify(Object.fromEntries(facts)));
    return token;
  };
  return {
    fact: async (hostId, key) => (await bucketAt(hostId, key))[1].get(key),
    setFact: async (hostId, key, value) => {
      const [index, facts, tokens] = await bucketAt(hostId, key);
      const token = await putBucket(hostId, new Map([...facts, [key, value]]));
      await put(keys.hostRecord(hostId), encodeHostRecord(tokens.with(index, token)).toString());
      await bump(hostGroup(hostId));
    },
    addHost: async (hostId, facts) => {
      const session = JSON.parse(await request('PUT', '/v1/session/create', '{"TTL":"600s","Checks":[]}')) as {
        ID: string;
      };
      const token = await putBucket(hostId, new Map(Object.entries(facts)));
      await put(keys.hostRecord(hostId), encodeHostRecord([token]).toString(), `?acquire=${session.ID}`);
      await bump(hostGroup(hostId));
    },
    removeHost: async (hostId) => {
      await request('DELETE', `/v1/kv/${keys.hostRecord(hostId)}`);
      await bump(hostGroup(hostId));
    },
    document: async (key) => JSON.parse((await read(keys.document(key))).value.toString()) as JsonValue,
    setDocument: async (key, value) => {
      if (value === null) await request('DELETE', `/v1/kv/${keys.document(key)}`);
      else await put(keys.document(key), JSON.stringify(value));
      await bump(documentGroup(key));
    },
  };
}
