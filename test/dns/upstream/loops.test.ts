import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, test } from 'vitest';
import { poll } from '../../support/poll.ts';
import { createResources, type Resources } from '../../support/resources.ts';
import { answering, startUpstream } from '../upstream-server.ts';
import { addresses, startDns, type TestDns } from '../wire.ts';

let resources: Resources = createResources();
afterEach(async () => {
  await resources.close();
  resources = createResources();
});

/** A stub that forwards the bytes it received to `target`, like systemd-resolved or dnsmasq without a cache. */
async function startStub(target: () => string): Promise<string> {
  const front = createSocket('udp4');
  const waiting = new Map<number, { readonly port: number; readonly id: number }>();
  const back = createSocket('udp4');
  let next = 0;
  front.on('message', (query, { port }) => {
    next = (next + 1) % 65_536;
    waiting.set(next, { port, id: query.readUInt16BE(0) });
    query.writeUInt16BE(next, 0);
    const [address = '', at = ''] = target().split(':');
    back.send(query, Number(at), address);
  });
  back.on('message', (reply) => {
    const asker = waiting.get(reply.readUInt16BE(0));
    reply.writeUInt16BE(asker?.id ?? 0, 0);
    if (asker) front.send(reply, asker.port, '127.0.0.1');
  });
  for (const socket of [front, back]) await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  resources.add('stub', () => [front, back].map((socket) => socket.close()));
  return `127.0.0.1:${front.address().port}`;
}

const loopsOf = ({ server }: TestDns) => server.forwarding().loops;

describe('Q29: forwarding loops', () => {
  test('a stub that leads back is detected and not used, before or after a good one in the list', async () => {
    const good = await startUpstream(resources, answering('198.51.100.1'));
    let at = '';
    const stub = await startStub(() => at);
    const dns = await startDns(resources, {}, { upstreams: [stub, good.at] });
    at = `127.0.0.1:${dns.port}`;
    expect(await addresses(dns.port, 'www.example.com')).toBe('198.51.100.1');
    await poll(() => loopsOf(dns).join() === stub, { what: 'the loop', timeoutMs: 5_000 });
    const before = dns.server.forwarding().resolvers.find((one) => one.at === stub)?.queries;
    for (let n = 0; n < 10; n += 1) expect(await addresses(dns.port, `w${n}.example.com`)).toBe('198.51.100.1');
    expect(dns.server.forwarding().resolvers.find((one) => one.at === stub)?.queries).toBe(before);
  });

  test('also over two others, and as the only one: SERVFAIL at once, no query storm', async () => {
    let at = '';
    const inner = await startStub(() => at);
    const outer = await startStub(() => inner);
    const dns = await startDns(resources, {}, { upstreams: [outer] });
    at = `127.0.0.1:${dns.port}`;
    // The first query may be sent before the probe is back.
    const first = addresses(dns.port, 'www.example.com');
    await poll(() => loopsOf(dns).join() === outer, { what: 'the loop', timeoutMs: 5_000 });
    expect(await first).toBe('SERVFAIL');
    const { queries } = dns.server.stats();
    expect(queries).toBeLessThan(40);
    const started = performance.now();
    expect(await addresses(dns.port, 'again.example.com')).toBe('SERVFAIL');
    expect(performance.now() - started).toBeLessThan(500);
    expect(dns.server.stats().queries).toBe(queries + 1);
  });

  test('a stub on loopback that forwards elsewhere is used', async () => {
    const good = await startUpstream(resources, answering('198.51.100.1'));
    const stub = await startStub(() => good.at);
    const dns = await startDns(resources, {}, { upstreams: [stub] });
    for (let n = 0; n < 5; n += 1) expect(await addresses(dns.port, `w${n}.example.com`)).toBe('198.51.100.1');
    expect(loopsOf(dns)).toEqual([]);
  });
});
