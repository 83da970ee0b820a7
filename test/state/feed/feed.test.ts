import { mkdir, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../model/index.ts';
import { openMirror } from '../../../state/index.ts';
import { poll } from '../../support/poll.ts';
import { container, declaration, delta, host, hostFacts } from '../facts.ts';
import { createFeedFixture, type FeedFixture, hello, readLines, type TestClient } from './feed-fixture.ts';

let fixture: FeedFixture;
beforeEach(async () => {
  fixture = await createFeedFixture();
});
afterEach(() => fixture.resources.close());

const complete = { ...delta({}), complete: true as const };
const snapshotOf = (client: TestClient): Snapshot => {
  const state = client.feed.current();
  if (!state) throw new Error('no snapshot');
  return state.snapshot;
};

describe('the feed', () => {
  test('sends the whole state once, then changes, and knows the revision that each client has applied', async () => {
    const agent = await fixture.startAgent();
    agent.store.apply({ ...delta({ a: hostFacts('a', 3) }, { 'service/s/w': declaration('s', 'w') }), complete: true });
    const client = fixture.startClient();
    const seen: Snapshot[] = [];
    client.feed.subscribe(({ snapshot }) => seen.push(snapshot));
    await client.until((revision) => revision === 1);
    expect(client.feed.current()).toEqual({ snapshot: agent.store.current(), hostId: 'self' });
    expect(client.feed.status()).toEqual({ connected: true, staleSinceMs: null, revision: 1 });
    agent.store.apply(delta({ a: { 'container/ac1': null }, b: hostFacts('b', 1) }, { 'service/s/w': null }));
    await client.until((revision) => revision === 2);
    expect(snapshotOf(client)).toEqual(agent.store.current());
    expect(seen.map(({ revision }) => revision)).toEqual([1, 2]);
    expect(seen[1]?.hosts.get('a')?.networks).toBe(seen[0]?.hosts.get('a')?.networks);
    agent.store.apply(delta({ b: null }));
    await client.until((revision) => revision === 3);
    expect([...snapshotOf(client).hosts.keys()]).toEqual(['a']);
    await poll(() => agent.server.peers()[0]?.appliedRevision === 3, { what: 'the acknowledgement' });
    expect(agent.server.peers()).toEqual([
      { role: 'metadata', version: '1', pid: process.pid, appliedRevision: 3, report: null },
    ]);
  });

  test('sends DNS the fields of a container that DNS reads; the mirror gives the same fields, so there is no change between them', async () => {
    const agent = await fixture.startAgent({ mirror: true });
    agent.store.apply({ ...delta({ a: hostFacts('a', 2) }), complete: true });
    await agent.stop();
    const client = fixture.startClient({ mirror: true, role: 'dns' });
    const before = snapshotOf(client);
    const [first] = before.hosts.get('a')?.containers.values() ?? [];
    expect(first).toMatchObject({ image: '', hostname: null, labels: {}, name: 'shop-web-ac0', stack: 'shop' });
    const next = await fixture.startAgent({ mirror: true });
    await poll(() => client.feed.status().connected, { what: 'the agent' });
    expect(snapshotOf(client).hosts).toBe(before.hosts);
    next.store.apply(delta({ a: { 'container/ac0': { ...container('a', 'ac0', { image: 'shop/web:2' }) } } }));
    next.store.apply(delta({ b: hostFacts('b', 1) }));
    await client.until(() => snapshotOf(client).hosts.has('b'));
    expect(snapshotOf(client).hosts.get('a')).toBe(before.hosts.get('a'));
  });

  test('sends facts of unknown kinds, and no fact that the role does not read', async () => {
    const agent = await fixture.startAgent();
    const raw = await fixture.rawClient();
    const lines = readLines(raw);
    raw.write(hello);
    await poll(() => lines.some(({ type }) => type === 'commit'), { what: 'the first commit' });
    const status = { component: 'overlay', state: 'ok', problems: [], sinceMs: 1 };
    agent.store.apply(delta({ a: { host: host('a'), 'status/overlay': status, 'vote/x': { later: true } } }));
    await poll(() => lines.filter(({ type }) => type === 'commit').length === 2, { what: 'the change' });
    agent.store.apply(delta({ b: { 'status/overlay': status } }));
    await poll(() => lines.filter(({ type }) => type === 'commit').length === 3, {
      what: 'the host without other facts',
    });
    expect(lines.filter(({ type }) => type === 'host')).toEqual([
      { type: 'host', id: 'a', facts: { host: host('a'), 'vote/x': { later: true } } },
      { type: 'host', id: 'b', facts: {} },
    ]);
  });

  test('several clients get the same state; the others stay when one leaves', async () => {
    const agent = await fixture.startAgent();
    const clients = [fixture.startClient(), fixture.startClient({ role: 'metadata' }), fixture.startClient()];
    agent.store.apply(delta({ a: hostFacts('a', 2) }));
    for (const client of clients) await client.until((revision) => revision === 1);
    await clients[0]?.feed.close();
    await clients[0]?.feed.close();
    agent.store.apply(delta({ b: hostFacts('b', 2) }));
    for (const client of clients.slice(1)) await client.until((revision) => revision === 2);
    await poll(() => agent.server.peers().length === 2, { what: 'two peers' });
    expect(clients[0]?.feed.status().connected).toBe(false);
  });

  test('a client survives a restart of the agent; unchanged parts keep their identity', async () => {
    const first = await fixture.startAgent({ mirror: true });
    first.store.apply({ ...delta({ a: hostFacts('a', 3), b: hostFacts('b', 2) }), complete: true });
    const client = fixture.startClient();
    await client.until((revision) => revision === 1);
    const before = snapshotOf(client);
    const statuses: boolean[] = [];
    client.feed.onStatus(({ connected }) => statuses.push(connected));
    await first.stop();
    await poll(() => !client.feed.status().connected, { what: 'the loss' });
    expect(client.feed.status().staleSinceMs).toBeGreaterThan(Date.now() - 60_000);
    expect(snapshotOf(client)).toBe(before);

    const second = await fixture.startAgent({ mirror: true });
    await poll(() => client.feed.status().connected, { what: 'the reconnect' });
    expect(snapshotOf(client)).toBe(before);
    expect(client.feed.status().staleSinceMs).not.toBeNull();
    second.store.apply({ ...delta({ a: { 'container/ac1': container('a', 'ac1', { state: 'stopped' }) } }), complete: true });
    await client.until((revision) => revision === 2);
    await poll(() => client.feed.status().staleSinceMs === null, { what: 'freshness' });
    expect(snapshotOf(client).hosts.get('b')).toBe(before.hosts.get('b'));
    expect(snapshotOf(client).hosts.get('a')?.containers.get('ac0')).toBe(before.hosts.get('a')?.containers.get('ac0'));
    expect(snapshotOf(client).hosts.get('a')?.containers.get('ac1')?.state).toBe('stopped');
    expect(statuses).toEqual([false, true, true]);
    expect(client.lines).toEqual(['info connected to the agent', 'warn not connected to the agent; serving the last known state', 'info connected to the agent']);
  }); // biome-ignore format: long lines of expectations

  test('an agent that restarts without a state removes nothing before its state is complete', async () => {
    const first = await fixture.startAgent();
    first.store.apply({ ...delta({ a: hostFacts('a', 2), b: hostFacts('b', 2) }, { 'service/s/w': declaration('s', 'w') }), complete: true });
    const client = fixture.startClient();
    await client.until((revision) => revision === 1);
    await first.stop();
    const second = await fixture.startAgent();
    await poll(() => client.feed.status().connected, { what: 'the reconnect' });
    second.store.apply(delta({ a: { 'container/new': container('a', 'new') } }));
    await poll(() => snapshotOf(client).hosts.get('a')?.containers.has('new'), { what: 'what is new' });
    expect(snapshotOf(client).hosts.get('a')?.containers.size).toBe(3);
    expect(snapshotOf(client).hosts.size).toBe(2);
    expect(client.feed.status().staleSinceMs).not.toBeNull();
    second.store.apply(complete);
    await poll(() => snapshotOf(client).hosts.size === 1, { what: 'the complete picture' });
    expect(snapshotOf(client).hosts).toEqual(second.store.current().hosts);
    expect(snapshotOf(client).declarations.size).toBe(0);
    expect(client.feed.status().staleSinceMs).toBeNull();
    second.store.apply(delta({ a: null }));
    await poll(() => snapshotOf(client).hosts.size === 0, { what: 'following again' });
  }); // biome-ignore format: long lines of expectations

  test('Q22: without an agent a client starts from the disk mirror, stale; without a mirror it has no state', async () => {
    const agent = await fixture.startAgent({ mirror: true });
    agent.store.apply({ ...delta({ a: hostFacts('a', 3) }), complete: true });
    await agent.stop();
    const [client, without] = [fixture.startClient({ mirror: true }), fixture.startClient()];
    expect(snapshotOf(client)).toEqual(agent.store.current());
    expect(client.feed.current()?.hostId).toBe('self');
    expect(client.feed.status()).toMatchObject({ connected: false, revision: null });
    expect(client.feed.status().staleSinceMs).toBeGreaterThan(Date.now() - 60_000);
    expect(without.feed.current()).toBeNull();
    expect(without.feed.status().staleSinceMs).toBeNull();
    const before = snapshotOf(client);
    const again = await fixture.startAgent({ mirror: true });
    again.store.apply(complete);
    await poll(() => without.feed.current() && client.feed.status().staleSinceMs === null, { what: 'both' });
    expect(snapshotOf(client)).toBe(before);
  });

  test('a damaged mirror is a problem, not a crash', async () => {
    await writeFile(fixture.mirrorPath, 'no database at all, but long enough to look at '.repeat(100));
    const client = fixture.startClient({ mirror: true });
    expect(client.feed.current()).toBeNull();
    expect(client.feed.problems().map(({ subject }) => subject)).toEqual([fixture.mirrorPath]);
    await fixture.startAgent();
    await poll(() => client.feed.status().connected, { what: 'the agent' });
    expect(client.feed.problems()).toEqual([]);
    openMirror(fixture.mirrorPath).close();
  });

  test('reports reach the agent; the newest one is sent again after a reconnect', async () => {
    const first = await fixture.startAgent();
    const client = fixture.startClient();
    client.feed.report({ queries: 1 });
    await poll(() => first.server.peers()[0]?.report, { what: 'the report' });
    client.feed.report({ queries: 2 });
    await poll(() => JSON.stringify(first.server.peers()[0]?.report) === '{"queries":2}', { what: 'the second' });
    await first.stop();
    const reports: unknown[] = [];
    await fixture.startAgent({ onReport: ({ role }, report) => reports.push([role, report]) });
    await poll(() => reports.length > 0, { what: 'the report again' });
    expect(reports).toEqual([['metadata', { queries: 2 }]]);
  });

  test('when a subscriber throws, the revision is not reported as applied, and other subscribers are called', async () => {
    const agent = await fixture.startAgent();
    const client = fixture.startClient();
    await poll(() => client.feed.status().connected, { what: 'the connection' });
    const leave = client.feed.subscribe(() => {
      throw new Error('not today');
    });
    agent.store.apply(delta({ a: {} }));
    await client.until((revision) => revision === 1);
    leave();
    agent.store.apply(delta({ b: {} }));
    await poll(() => agent.server.peers()[0]?.appliedRevision === 2, { what: 'the second' });
    expect(client.lines.filter((line) => line.startsWith('error'))).toHaveLength(1);
  });
});

describe('identify', () => {
  test('true means that the snapshot has the container already', async () => {
    const agent = await fixture.startAgent({
      onIdentify: async (address) => {
        if (address === 'throw') throw new Error('inspect failed');
        if (address !== '172.17.0.9') return false;
        agent.store.apply(delta({ self: { 'container/new': container('self', 'new') } }));
        return true;
      },
    });
    const { feed } = fixture.startClient();
    await poll(() => feed.status().connected, { what: 'the connection' });
    const asked = feed.identify('172.17.0.9', 10_000);
    const known = asked.then(() => feed.current()?.snapshot.hosts.get('self')?.containers.has('new'));
    expect(await asked).toBe(true);
    expect(await known).toBe(true);
    expect(await feed.identify('172.17.0.8', 10_000)).toBe(false);
    expect(await feed.identify('throw', 10_000)).toBe(false);
  });

  test('the answer follows the change that it led to, also for a client that reads slowly', async () => {
    let asked = false;
    const agent = await fixture.startAgent({
      onIdentify: async () => {
        asked = true;
        agent.store.apply(delta({ new: hostFacts('new', 1) }));
        return true;
      },
    });
    agent.store.apply(delta({ a: hostFacts('a', 2000) }));
    const raw = await fixture.rawClient();
    raw.pause();
    raw.write(hello);
    await poll(() => agent.server.peers().length === 1, { what: 'the peer' });
    raw.write('{"type":"identify","id":1,"address":"172.17.0.9"}\n');
    await poll(() => asked, { what: 'the question' });
    const lines = readLines(raw) as readonly { readonly type: string; readonly id?: unknown }[];
    raw.resume();
    await poll(() => lines.some(({ type }) => type === 'identified'), { what: 'the answer' });
    expect(lines.slice(-3).map(({ type, id }) => [type, id])).toEqual([
      ['host', 'new'],
      ['commit', undefined],
      ['identified', 1],
    ]);
  });

  test('is false after the timeout, and at once without an agent or when the agent stops', async () => {
    const agent = await fixture.startAgent({ onIdentify: () => new Promise(() => {}) });
    const { feed } = fixture.startClient();
    expect(await feed.identify('10.0.0.1')).toBe(false);
    await poll(() => feed.status().connected, { what: 'the connection' });
    const since = performance.now();
    expect(await feed.identify('10.0.0.1')).toBe(false);
    expect(performance.now() - since).toBeGreaterThan(240);
    const waiting = feed.identify('10.0.0.1', 60_000);
    await agent.server.close();
    expect(await waiting).toBe(false);
  });

  test('a thousand at once are all answered', async () => {
    await fixture.startAgent({ onIdentify: async (address) => address.endsWith('7') });
    const { feed } = fixture.startClient();
    await poll(() => feed.status().connected, { what: 'the connection' });
    const all = await Promise.all(Array.from({ length: 1000 }, (_, n) => feed.identify(`10.0.0.${n}`, 20_000)));
    expect(all.filter(Boolean)).toHaveLength(100);
  });
});

describe('the socket', () => {
  test('the socket file of a killed agent is removed; that of a running agent and other files are not', async () => {
    const left = createServer().listen(`${fixture.mirrorPath}.sock`);
    await mkdir(dirname(fixture.socketPath), { recursive: true });
    await poll(() => left.listening, { what: 'the listener' });
    // Renamed, so that closing does not remove it: as after a kill -9.
    await rename(`${fixture.mirrorPath}.sock`, fixture.socketPath);
    await new Promise((resolve) => left.close(resolve));
    const agent = await fixture.startAgent();
    const client = fixture.startClient();
    await poll(() => client.feed.status().connected, { what: 'the connection' });
    await expect(fixture.startAgent()).rejects.toThrow('another agent serves');
    expect(client.feed.status().connected).toBe(true);
    await agent.stop();
    await agent.stop();
    await writeFile(fixture.socketPath, 'precious');
    await expect(fixture.startAgent()).rejects.toThrow('is not a socket');
  });
});
