import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bus, type ConsulOptions, createConsulBus } from '../../bus/index.ts';
import { systemClock } from '../../system/index.ts';
import { observeBus } from '../support/bus-observer.ts';
import { type Certificate, createAuthority } from '../support/certificates.ts';
import { type ConsulCluster, freeLoopback, startConsulCluster } from '../support/consul.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { testLog } from '../support/test-log.ts';

const resources = createResources();
const master = randomUUID();
let cluster: ConsulCluster;
let caFile: string;
let strangerCa: string;
let client: Certificate;
let token: string;

/** ACLs deny by default, only HTTPS, and both sides verify certificates. */
beforeAll(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'drover-tls-'));
  resources.add(dir, () => rm(dir, { recursive: true }));
  const addresses = await freeLoopback(1);
  const authority = await createAuthority(dir, 'authority');
  caFile = authority.cert;
  strangerCa = (await createAuthority(dir, 'stranger')).cert;
  client = await authority.issue('drover', []);
  const server = await authority.issue('consul', [...addresses, '127.0.0.1']);
  cluster = await startConsulCluster(resources, {
    servers: 1,
    addresses,
    token: master,
    config: {
      acl: { enabled: true, default_policy: 'deny', tokens: { master, agent: master } },
      ports: { http: -1, https: 8501, dns: -1 },
      ca_file: caFile,
      cert_file: server.cert,
      key_file: server.key,
      verify_incoming: true,
      verify_outgoing: true,
    },
  });
  ({ token } = await tokenWith('key_prefix "drover/" { policy = "write" } session_prefix "" { policy = "write" }'));
});
afterAll(() => resources.close());

async function tokenWith(rules: string): Promise<{ readonly token: string; readonly revoke: () => Promise<unknown> }> {
  const name = `p${randomUUID()}`;
  const policy = JSON.parse(
    await cluster.request('PUT', '/v1/acl/policy', JSON.stringify({ Name: name, Rules: rules })),
  ) as { readonly ID: string };
  const made = await cluster.request('PUT', '/v1/acl/token', JSON.stringify({ Policies: [{ Name: name }] }));
  const nothing = JSON.stringify({ ID: policy.ID, Name: name, Rules: '' });
  return {
    token: (JSON.parse(made) as { readonly SecretID: string }).SecretID,
    revoke: () => cluster.request('PUT', `/v1/acl/policy/${policy.ID}`, nothing),
  };
}

function connect(options: Partial<ConsulOptions>): Bus {
  const files = { caFile, certFile: client.cert, keyFile: client.key };
  const settings = { address: cluster.urls[0] as string, token, ...files, ...options };
  const bus = createConsulBus({ clock: systemClock, log: testLog('bus') }, settings);
  resources.add('a bus', () => bus.close());
  return bus;
}
const { signal } = new AbortController();

test('with token, certificate authority and client certificate the whole bus works under the documented policy', async () => {
  const bus = connect({});
  const observer = observeBus(resources, connect({}));
  const lease = await bus.join('a', signal);
  await lease.publish(new Map([['n', 1]]));
  expect((await bus.put('k', 1, 0)).ok).toBe(true);
  expect((await bus.list('')).size).toBe(1);
  const lock = await bus.lock('leads', signal);
  expect(await lock.verify()).toBe(true);
  await observer.until('facts and document', () => observer.fact('a', 'n') === 1 && observer.documents.has('k'));
  await lock.release();
  await lease.close();
  await observer.until('the end of the facts', () => !observer.hosts.has('a'));
});

test('a wrong token is reported with the rights it needs', async () => {
  const bus = connect({ token: randomUUID() });
  await expect(bus.put('k', 1)).rejects.toThrow(/HTTP 403 .*key_prefix/);
  expect(bus.status().connected).toBe(false);
});

test('there is no connection without a client certificate, or with a wrong or missing certificate authority', async () => {
  const { caFile: _ca, ...without } = { caFile, certFile: undefined, keyFile: undefined };
  await expect(connect({ ...without } as Partial<ConsulOptions>).get('k')).rejects.toThrow(/certificate|alert/);
  await expect(connect({ caFile: strangerCa }).get('k')).rejects.toThrow(/certificate/);
  const files = { certFile: client.cert, keyFile: client.key };
  const bare = createConsulBus(
    { clock: systemClock, log: testLog('bus') },
    { address: cluster.urls[0] as string, token, ...files },
  );
  resources.add('a bus', () => bare.close());
  await expect(bare.get('k')).rejects.toThrow(/certificate/);
});

test('a token that loses its rights sees no keys: the known state stays, and the status reports it', async () => {
  const weak = await tokenWith('key_prefix "drover/" { policy = "read" } session_prefix "" { policy = "write" }');
  const bus = connect({});
  const lease = await bus.join('b', signal);
  await lease.publish(new Map([['n', 1]]));
  const reader = connect({ token: weak.token });
  const observer = observeBus(resources, reader);
  await observer.until('the facts', () => observer.hosts.has('b'));
  await weak.revoke();
  const problem = await poll(() => (reader.status().connected ? null : reader.status().problem), {
    what: 'the status to tell',
    timeoutMs: 20_000,
    // Each change of a group key causes another read.
    giveUp: () => void lease.publish(new Map([['n', Math.random()]])).catch(() => {}),
    intervalMs: 200,
  });
  expect(problem).toMatch(/may not read|denied/);
  expect(observer.gone).toEqual([]);
});

test('an unreadable file is named in the error', () => {
  expect(() => connect({ caFile: '/nowhere/ca.pem' })).toThrow(/certificate authority .*\/nowhere\/ca.pem/);
});
