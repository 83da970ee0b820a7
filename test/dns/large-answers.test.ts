import { networkInterfaces } from 'node:os';
import { Packet } from 'dns2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createResources } from '../support/resources.ts';
import { container, type World } from '../view/world.ts';
import { type AskOptions, ask, startDns, type TestDns } from './wire.ts';

/**
 * Sets that do not fit into a datagram. Clients that never use TCP take what is in the reply: musl before 1.2.4, and the resolvers of
 * HAProxy over UDP. RFC 2181 §9 allows a part of a set in a reply with TC.
 */
const COUNT = 60;
const { A, SRV } = Packet.TYPE;
const SERVICE = '_8080._tcp.web.shop.rancher.internal';

const WORLD: World = {
  containers: [
    ...Array.from({ length: COUNT }, (_, n) =>
      container(`shop-web-${n + 11}`, 'shop/web', `10.42.1.${n + 1}`, { exposed: [{ port: 8080, protocol: 'tcp' }] }),
    ),
    ...Array.from({ length: 12 }, (_, n) =>
      container(`few-${n + 11}`, 'shop/few', `10.42.2.${n + 1}`, { exposed: [{ port: 80, protocol: 'tcp' }] }),
    ),
  ],
};

const resources = createResources();
afterAll(() => resources.close());

describe.each(['auto', 'off'] as const)('batches %s', (batching) => {
  let dns: TestDns;
  beforeAll(async () => {
    dns = await startDns(resources, WORLD, { batching });
  });

  test.each<[string, string, AskOptions, number]>([
    ['A without EDNS', 'web.shop.rancher.internal', {}, 29],
    ['A, EDNS 512', 'web.shop.rancher.internal', { edns: 512 }, 28],
    ['A, EDNS 900', 'web.shop.rancher.internal', { edns: 900 }, 52],
    ['A, EDNS 1232', 'web.shop.rancher.internal', { edns: 1_232 }, COUNT],
    ['SRV without EDNS', SERVICE, { type: SRV }, 9],
    ['SRV, EDNS 1232', SERVICE, { type: SRV, edns: 1_232 }, 24],
    ['SRV, EDNS 8192', SERVICE, { type: SRV, edns: 8_192 }, COUNT],
    ['SRV, TCP', SERVICE, { type: SRV, tcp: true }, COUNT],
  ])('%s: as many as fit, with TC if there are more', async (_, name, options, expected) => {
    const { header, answers, errors } = await ask(dns.port, name, options);
    expect(errors).toEqual([]);
    expect([header.tc, answers.length]).toEqual([expected < COUNT ? 1 : 0, expected]);
  });

  test.each([
    ['A', 'web.shop.rancher.internal', A],
    ['SRV', SERVICE, SRV],
  ])(
    '%s: lookups over UDP meet every endpoint equally often, each beginning with the next one',
    async (_, name, type) => {
      const times = new Map<string, number>();
      const firsts: string[] = [];
      for (let n = 0; n < COUNT; n += 1) {
        const { answers } = await ask(dns.port, name, { type });
        const given = answers.map(({ address, target }) => address ?? target ?? '');
        firsts.push(given[0] ?? '');
        for (const one of given) times.set(one, (times.get(one) ?? 0) + 1);
      }
      expect(new Set(firsts).size).toBe(COUNT);
      expect([times.size, new Set(times.values()).size]).toEqual([COUNT, 1]);
    },
  );

  test('the additional section is left out before any record of the answer; what fits belongs to the first records', async () => {
    const { header, answers, additionals } = await ask(dns.port, '_80._tcp.few.shop.rancher.internal', {
      type: SRV,
      edns: 640,
    });
    const addresses = additionals.filter(({ type }) => type === A);
    expect([header.tc, answers.length]).toEqual([0, 12]);
    expect(addresses.length).toBeGreaterThan(0);
    expect(addresses.length).toBeLessThan(12);
    const names = answers.map(({ target }) => target);
    expect(addresses.map(({ name }) => name)).toEqual(names.slice(0, addresses.length));
  });
});

test('clients that may be on other hosts get 1,232 bytes, whatever they accept', async () => {
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
  const dns = await startDns(resources, WORLD, { listen: [{ address: '0.0.0.0', port: 0 }] });
  const from = async (address: string) => {
    const options = { type: SRV, edns: 8_192, from: address, server: address };
    return (await ask(dns.port, SERVICE, options)).answers.length;
  };
  expect(await from('127.0.0.1')).toBe(COUNT);
  if (own) expect(await from(own)).toBe(24);
});
