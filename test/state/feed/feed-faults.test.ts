import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { poll } from '../../support/poll.ts';
import { container, delta, environment, hostFacts } from '../facts.ts';
import { createFeedFixture, type FeedFixture, hello, readLines } from './feed-fixture.ts';

let fixture: FeedFixture;
beforeEach(async () => {
  fixture = await createFeedFixture();
});
afterEach(() => fixture.resources.close());

describe('invalid data from a client', () => {
  const garbage: readonly [string, string | Buffer][] = [
    ['text that is not JSON', `${hello}GET / HTTP/1.1\r\n\r\n`],
    ['a missing hello', '{"type":"applied","revision":1}\n'],
    ['hello twice', hello + hello],
    ['a list', `${hello}[1]\n`],
    ['null', `${hello}null\n`],
    ['a field of the wrong type', `${hello}{"type":"identify","id":"x","address":5}\n`],
    ['another protocol', hello.replace('"protocol":1', '"protocol":2')],
    ['an endless line', `${hello}${'x'.repeat(2 << 20)}`],
    ['bytes', Buffer.from(Array.from({ length: 5000 }, (_, n) => (n * 7919) % 256))],
    ['a value nested too deeply', `${hello}${'['.repeat(500_000)}\n`],
  ];

  test.each(garbage)('%s ends that connection, is logged once and affects no other', async (_what, bytes) => {
    const agent = await fixture.startAgent();
    const client = fixture.startClient();
    await poll(() => client.feed.status().connected, { what: 'the good client' });
    const raw = await fixture.rawClient();
    raw.resume();
    const closed = new Promise((resolve) => raw.once('close', resolve));
    raw.write(bytes);
    await closed;
    agent.store.apply(delta({ a: hostFacts('a', 1) }));
    await client.until((revision) => revision === 1);
    expect(agent.lines).toEqual(['warn closed a feed client after an error']);
    expect(client.lines).toEqual(['info connected to the agent']);
    await poll(() => agent.server.peers().length === 1, { what: 'one peer' });
  });

  test('a message of a later version is skipped', async () => {
    const agent = await fixture.startAgent();
    const raw = await fixture.rawClient();
    const lines = readLines(raw);
    raw.write(`${hello}{"type":"invented later","x":1}\n{"type":"applied","revision":0,"more":true}\n`);
    await poll(() => agent.server.peers()[0]?.appliedRevision === 0, { what: 'the acknowledgement' });
    expect(lines.map(({ type }) => type)).toEqual(['hello', 'commit']);
  });

  test('bytes may arrive one by one, and lines together', async () => {
    const agent = await fixture.startAgent();
    const raw = await fixture.rawClient();
    raw.resume().setNoDelay(true);
    for (const byte of hello) {
      raw.write(byte);
      await new Promise((resolve) => setImmediate(resolve));
    }
    raw.write('{"type":"applied","revision":1}\n{"type":"applied","revision":2}\n{"type":"app');
    raw.write('lied","revision":3}\n');
    await poll(() => agent.server.peers()[0]?.appliedRevision === 3, { what: 'the last one' });
  });
});

describe('a client that does not read', () => {
  test('costs no queue: when it reads again it gets the newest state, not every change', async () => {
    const agent = await fixture.startAgent();
    agent.store.apply({ ...delta({ a: hostFacts('a', 500) }), complete: true });
    const raw = await fixture.rawClient();
    raw.pause();
    raw.write(hello);
    await poll(() => agent.server.peers().length === 1, { what: 'the peer' });
    const before = process.memoryUsage();
    const payload = 'x'.repeat(2_000);
    for (let round = 0; round < 400; round += 1) {
      const facts: Record<string, unknown> = {};
      for (let n = 0; n < 100; n += 1)
        facts[`container/ac${n}`] = container('a', `ac${n}`, { startCount: round, labels: { payload } });
      agent.store.apply(delta({ a: facts }));
      // The server gets its turns between the changes.
      await new Promise((resolve) => setImmediate(resolve));
    }
    const after = process.memoryUsage();
    // 400 rounds of 100 containers of 3 kB are 120 MB of changes; external memory is where sockets queue.
    expect(after.external + after.arrayBuffers - before.external - before.arrayBuffers).toBeLessThan(30 << 20);
    let bytes = 0;
    raw.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
    });
    const lines = readLines(raw);
    raw.resume();
    const commits = () => lines.filter(({ type }) => type === 'commit') as { readonly revision?: number }[];
    const { revision } = agent.store.current();
    await poll(() => commits().at(-1)?.revision === revision, { what: 'the newest state', timeoutMs: 20_000 });
    expect(commits().length).toBeLessThan(10);
    expect(bytes).toBeLessThan(5 << 20);
  });

  test('does not delay other clients or the close of the server', async () => {
    const agent = await fixture.startAgent();
    const raw = await fixture.rawClient();
    raw.pause();
    raw.write(hello);
    agent.store.apply(delta({ a: hostFacts('a', 2000) }));
    const client = fixture.startClient();
    await client.until((revision) => revision === 1);
    agent.store.apply(delta({ a: null }));
    await client.until((revision) => revision === 2);
    await agent.server.close();
  });

  test('can ask any number of questions, of which a bounded number is kept', async () => {
    let asked = 0;
    const gate = Promise.withResolvers<boolean>();
    const agent = await fixture.startAgent({
      onIdentify: () => {
        asked += 1;
        return gate.promise;
      },
    });
    const raw = await fixture.rawClient();
    raw.pause();
    raw.write(hello);
    for (let id = 0; id < 20_000; id += 1) raw.write(`{"type":"identify","id":${id},"address":"10.0.0.1"}\n`);
    raw.write('{"type":"applied","revision":77}\n');
    await poll(() => agent.server.peers()[0]?.appliedRevision === 77, { what: 'the last line' });
    expect(asked).toBe(1024);
    const lines = readLines(raw);
    raw.resume();
    gate.resolve(true);
    await poll(() => lines.filter(({ type }) => type === 'identified').length === 1024, { what: 'the answers' });
  });
});

describe('invalid data from the agent', () => {
  async function serveText(
    text: string,
  ): Promise<{ readonly count: () => number; readonly stop: () => Promise<void> }> {
    let count = 0;
    await mkdir(dirname(fixture.socketPath), { recursive: true });
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      count += 1;
      sockets.add(socket.on('error', () => {}));
      socket.write(text);
    });
    server.listen(fixture.socketPath);
    await once(server, 'listening');
    const stop = async (): Promise<void> => {
      if (!server.listening) return;
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    };
    fixture.resources.add('the odd agent', stop);
    return { count: () => count, stop };
  }
  const greeting = `${JSON.stringify({ type: 'hello', protocol: 1, hostId: 'self', environment })}\n`;

  test.each([
    ['text that is not JSON', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['a missing hello', '{"type":"commit","revision":1,"full":true,"complete":true,"staleSinceMs":null}\n'],
    ['another protocol', greeting.replace('"protocol":1', '"protocol":9')],
    ['facts that are a list', `${greeting}{"type":"host","id":"a","facts":[]}\n`],
    ['half a state, then invalid data', `${greeting}{"type":"host","id":"a","facts":{}}\nnonsense\n`],
  ])('%s: the last state stays, it is logged once, and a good agent is found again', async (_what, text) => {
    const good = await fixture.startAgent();
    good.store.apply({ ...delta({ a: hostFacts('a', 2) }), complete: true });
    const client = fixture.startClient();
    await client.until((revision) => revision === 1);
    const before = client.feed.current()?.snapshot;
    await good.stop();
    const odd = await serveText(text);
    await poll(() => odd.count() >= 3, { what: 'three attempts' });
    expect(client.feed.current()?.snapshot).toBe(before);
    expect(client.feed.status().connected).toBe(false);
    // One for the end of the good agent, one for the odd one.
    expect(client.lines.filter((line) => line.startsWith('warn'))).toHaveLength(2);
    await odd.stop();
    const again = await fixture.startAgent();
    again.store.apply({ ...delta({ a: hostFacts('a', 2), b: hostFacts('b', 1) }), complete: true });
    await poll(() => client.feed.current()?.snapshot.hosts.has('b'), { what: 'the good agent' });
  });
});
