import { createSocket } from 'node:dgram';
import { Packet } from 'dns2';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createResources } from '../../support/resources.ts';
import { at, container, declaration, MANAGED, type World } from '../../view/world.ts';
import { ask, queryFor, startDns, type TestDns } from '../wire.ts';

const endpoints = (service: string, weights: readonly string[]) =>
  weights.map((weight, n) =>
    container(`${service}${n}`, `s/${service}`, null, {
      addresses: [at(MANAGED, `10.42.${service.length}.${n}`, `fd42::${service.length}:${n + 1}`)],
      labels: { 'drover.weight': weight },
    }),
  );
const one = { options: { answers: 'one' } } as const;
const WORLD: World = {
  containers: [...endpoints('one', ['1', '1', '1', '1']), ...endpoints('weighted', ['5', '1', '1', '0'])],
  declarations: [declaration('s/one', one), declaration('s/weighted', one)],
};

const resources = createResources();
let dns: TestDns;
beforeAll(async () => {
  dns = await startDns(resources, WORLD);
});
afterAll(() => resources.close());

const LOOKUPS = 10_000;
const AT_ONCE = 50;

/** Queries repeatedly, as resolvers do: A, or A and AAAA together. Returns how often each address was the answer, highest first. */
async function spread(
  name: string,
  types: readonly number[],
  edns?: number,
): Promise<Readonly<Record<string, number>>> {
  const counts = new Map<string, number>();
  const socket = createSocket('udp4');
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();
  const queries = types.map((type) => queryFor(name, { type, ...(edns === undefined ? {} : { edns }) }));
  let sent = 0;
  let got = 0;
  const send = (): void => {
    for (const query of queries) socket.send(query, dns.port, '127.0.0.1');
    sent += 1;
  };
  socket.on('error', reject);
  socket.on('message', (message) => {
    const { answers } = Packet.parse(message);
    if (answers.length !== 1) reject(new Error(`${answers.length} answers`));
    const { address = '' } = answers[0] ?? {};
    counts.set(address, (counts.get(address) ?? 0) + 1);
    got += 1;
    if (got === LOOKUPS * queries.length) resolve();
    else if (sent < LOOKUPS && got % queries.length === 0) send();
  });
  socket.bind(0, '127.0.0.1');
  for (let n = 0; n < AT_ONCE; n += 1) send();
  await done.finally(() => socket.close());
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('Q32 10,000 lookups of a service that gives one address at a time', () => {
  test.each([
    ['A', [Packet.TYPE.A], undefined],
    ['A with EDNS', [Packet.TYPE.A], 1_232],
    ['A and AAAA together', [Packet.TYPE.A, Packet.TYPE.AAAA], undefined],
  ])('%s: over 4 endpoints differ by at most 5 %%', async (_, types, edns) => {
    const counts = await spread('one.s', types, edns);
    expect(Object.keys(counts)).toHaveLength(4 * types.length);
    for (const count of Object.values(counts)) expect(Math.abs(count - LOOKUPS / 4)).toBeLessThan((LOOKUPS / 4) * 0.05);
  });

  test('by weight 5, 1, 1, 0', async () => {
    const counts = await spread('weighted.s', [Packet.TYPE.A]);
    expect(Object.keys(counts)).toEqual(['10.42.8.0', '10.42.8.1', '10.42.8.2']);
    for (const [address, share] of [
      ['10.42.8.0', 5 / 7],
      ['10.42.8.1', 1 / 7],
      ['10.42.8.2', 1 / 7],
    ] as const) {
      expect(Math.abs((counts[address] ?? 0) - LOOKUPS * share)).toBeLessThan(LOOKUPS * share * 0.05);
    }
  });

  test('the rotation stays strict when UDP and TCP alternate', async () => {
    const asked: (string | undefined)[] = [];
    for (let n = 0; n < 8; n += 1) asked.push((await ask(dns.port, 'one.s', { tcp: n % 2 === 1 })).answers[0]?.address);
    const counts = asked.map((address) => asked.filter((other) => other === address).length);
    expect(counts).toEqual(counts.map(() => 2));
  });

  test('all. gives all addresses', async () => {
    expect((await ask(dns.port, 'all.one.s')).answers).toHaveLength(4);
  });
});
