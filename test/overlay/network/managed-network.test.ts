import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { forgetRanges, type NetworkDocuments, releaseSubnets } from '../../../overlay/index.ts';
import { readClaims, readRanges } from '../../../overlay/network/network-documents.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { createNetworkHost, type NetworkHost } from '../../support/network-host.ts';
import { poll } from '../../support/poll.ts';

const RANGE = '10.42.0.0/24';

let stop: AbortController;
let running: Promise<void>[];

beforeEach(() => {
  stop = new AbortController();
  running = [];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running);
});

function start(documents: NetworkDocuments, hostId: string, ranges = [RANGE], prefixLength = 28): NetworkHost {
  const host = createNetworkHost({ documents, hostId, ranges, prefixLength });
  running.push(host.loop.run(stop.signal));
  host.loop.trigger(host.desired, 1);
  return host;
}

const subnetOf = ({ networks }: NetworkHost) => networks.get('drover');
const whatOf = ({ loop }: NetworkHost) => loop.status().problems.map(({ what }) => what);
const untilAllStand = (hosts: readonly NetworkHost[]) =>
  poll(() => hosts.every(({ loop, networks }) => networks.size === 1 && loop.status().pending.length === 0), {
    what: 'all networks',
  });

/** A bus whose operations take a random number of turns. */
const slowBus = () =>
  createMemoryDocuments(async () => {
    for (let turns = Math.floor(Math.random() * 8); turns > 0; turns--) await Promise.resolve();
  });

/** Whether no two of the subnets have an address in common; all are in one /24. */
function areDisjoint(subnets: readonly string[]): boolean {
  const bounds = subnets.map((text) => {
    const [address = '', length = ''] = text.split('/');
    const first = Number(address.split('.')[3]);
    return [first, first + 2 ** (32 - Number(length))] as const;
  });
  const sorted = bounds.toSorted(([a], [b]) => a - b);
  return sorted.every(([first], index) => index === 0 || first >= (sorted[index - 1]?.[1] ?? 0));
}

test('the first host writes the ranges, claims a subnet, creates the network and reports them', async () => {
  const { documents, stored } = createMemoryDocuments();
  const host = start(documents, 'a');
  await untilAllStand([host]);
  const subnet = subnetOf(host) ?? '';
  expect(stored.get('network/ranges')?.value).toEqual({ ranges: [RANGE], prefixLength: 28 });
  expect(stored.get(`subnet/${subnet.replace('/', '_')}`)?.value).toMatchObject({ hostId: 'a' });
  expect(stored.size).toBe(2);
  expect(host.reported.slice(0, 2)).toEqual([RANGE, subnet]);
});

test('Q18: fifty hosts that start together get distinct subnets and agree on one of two configurations', async () => {
  const { documents, stored } = slowBus();
  const ranges = [['10.42.0.0/22'], ['10.50.0.0/22']];
  const hosts = Array.from({ length: 50 }, (_, index) => start(documents, `host-${index}`, ranges[index % 2]));
  await untilAllStand(hosts);
  expect(new Set(hosts.map(subnetOf)).size).toBe(50);
  expect(stored.size).toBe(51);
  const agreed = (await readRanges(documents)).ranges?.ranges.join() ?? '';
  expect(hosts.every(({ reported }) => reported[0] === agreed)).toBe(true);
  expect(hosts.every((host) => subnetOf(host)?.startsWith(agreed.slice(0, 6)))).toBe(true);
});

test('Q18: 1,000 hosts that start together get distinct subnets of a /13, keep them in a restart, and release them', async () => {
  // All hosts read before the first one writes.
  const { documents, stored } = createMemoryDocuments(() => setImmediate());
  const idOf = (index: number) => `host-${index}`;
  const startAll = (end: AbortSignal, subnets: readonly (string | undefined)[]) =>
    Array.from({ length: 1_000 }, (_, index) => {
      const hostId = idOf(index);
      const ranges = ['10.40.0.0/13'];
      const host = createNetworkHost({ documents, hostId, ranges, prefixLength: 24, intervalMs: 600_000 });
      const before = subnets[index];
      if (before !== undefined) host.networks.set('drover', before);
      running.push(host.loop.run(end));
      host.loop.trigger(host.desired, 1);
      return host;
    });
  const areDone = (hosts: readonly NetworkHost[]) => () =>
    hosts.every(({ loop }) => loop.status().lastAppliedRevision === 1);
  const begin = performance.now();
  const first = startAll(stop.signal, []);
  await poll(areDone(first), { what: 'all networks', timeoutMs: 60_000, intervalMs: 50 });
  console.log(`1,000 claims: ${Math.round(performance.now() - begin)} ms`);
  const subnets = first.map(subnetOf);
  expect(new Set(subnets).size).toBe(1_000);
  expect(subnets.every((subnet) => /^10\.4[0-7]\.\d+\.0\/24$/.test(subnet ?? ''))).toBe(true);
  const claims = new Map(stored);
  stop.abort();
  await Promise.all(running);

  stop = new AbortController();
  const again = startAll(stop.signal, subnets);
  await poll(areDone(again), { what: 'all networks again', timeoutMs: 60_000, intervalMs: 50 });
  expect(again.map(subnetOf)).toEqual(subnets);
  expect(stored).toEqual(claims);
  for (const index of [3, 500]) await releaseSubnets(documents, idOf(index));
  expect([...claims.keys()].filter((key) => !stored.has(key)).sort()).toEqual(
    [3, 500].map((index) => `subnet/${subnets[index]?.replace('/', '_')}`).sort(),
  );
});

test('Q18: of two hosts that race for the last subnet one gets it, and the other creates nothing', async () => {
  const { documents, stored } = slowBus();
  await documents.put('network/ranges', { ranges: [RANGE], prefixLength: 28 });
  for (let index = 0; index < 15; index++)
    await documents.put(`subnet/10.42.0.${index * 16}_28`, { hostId: `h${index}`, claimedAtMs: 1 });
  const hosts = [start(documents, 'a'), start(documents, 'b')];
  await poll(() => hosts.some((host) => whatOf(host).join().includes('exhausted')), { what: 'exhausted ranges' });
  await untilAllStand(hosts.filter((host) => !whatOf(host).join().includes('exhausted')));
  expect(hosts.map(subnetOf).filter((subnet) => subnet !== undefined)).toEqual(['10.42.0.240/28']);
  expect(stored.size).toBe(17);
});

test('a host that finds the ranges exhausted gets a subnet when another one is released', async () => {
  const { documents } = createMemoryDocuments();
  for (let index = 0; index < 16; index++)
    await documents.put(`subnet/10.42.0.${index * 16}_28`, { hostId: `h${index}`, claimedAtMs: 1 });
  const host = start(documents, 'late');
  await poll(() => whatOf(host).join().includes('exhausted'), { what: 'exhausted ranges' });
  await releaseSubnets(documents, 'h3');
  await untilAllStand([host]);
  expect(subnetOf(host)).toBe('10.42.0.48/28');
});

test('hosts with different prefix lengths get subnets that do not overlap', async () => {
  const { documents, stored } = slowBus();
  // Each host believes that its own prefix length is the agreed one, as hosts do that start before the ranges are on the bus.
  const own = (prefixLength: number): NetworkDocuments => ({
    ...documents,
    list: async (prefix) =>
      prefix === 'network/ranges'
        ? new Map([[prefix, { value: { ranges: [RANGE], prefixLength }, revision: 1 }]])
        : documents.list(prefix),
  });
  const small = Array.from({ length: 6 }, (_, index) => start(own(28), `small-${index}`));
  const large = Array.from({ length: 2 }, (_, index) => start(own(27), `large-${index}`, [RANGE], 27));
  const hosts = [...small, ...large];
  await untilAllStand(hosts);
  expect(areDisjoint(hosts.map((host) => subnetOf(host) ?? ''))).toBe(true);
  expect(stored.size).toBe(8);
});

test('a claim that overlaps one which appeared at the same time is withdrawn', async () => {
  const { documents, stored } = createMemoryDocuments();
  const racing: NetworkDocuments = {
    ...documents,
    put: async (key, value, expect) => {
      if (key.startsWith('subnet/') && !stored.has('subnet/10.42.0.0_25') && !stored.has('subnet/10.42.0.128_25'))
        await documents.put(`subnet/10.42.0.${rivalOf(key)}_25`, { hostId: 'rival', claimedAtMs: 1 });
      return documents.put(key, value, expect);
    },
  };
  const host = start(racing, 'a');
  await untilAllStand([host]);
  expect((await readClaims(documents)).map(({ hostId }) => hostId).sort()).toEqual(['a', 'rival']);
  expect(areDisjoint((await readClaims(documents)).map(({ subnet }) => subnet))).toBe(true);
});

const rivalOf = (key: string) => (Number(key.split('.')[3]?.split('_')[0]) < 128 ? 0 : 128);

test('a network that exists is reported while the bus cannot be reached', async () => {
  const { documents } = createMemoryDocuments();
  const unreachable = { ...documents, list: () => Promise.reject(new Error('the bus cannot be reached')) };
  const host = createNetworkHost({ documents: unreachable, hostId: 'a', ranges: [RANGE] });
  host.networks.set('drover', '10.42.0.16/28');
  running.push(host.loop.run(stop.signal));
  host.loop.trigger(host.desired, 1);
  await poll(() => host.loop.status().lastError !== null, { what: 'the problem' });
  expect(host.loop.status().lastError?.what).toBe('the bus cannot be reached');
  expect(host.reported[0]).toBe('10.42.0.16/28');
});

test('releaseSubnets() and forgetRanges() let other ranges be chosen, once no host has a subnet', async () => {
  const { documents, stored } = createMemoryDocuments();
  await documents.put('network/ranges', { ranges: [RANGE], prefixLength: 28 });
  await documents.put('subnet/10.42.0.0_28', { hostId: 'a', claimedAtMs: 1 });
  await documents.put('subnet/10.42.0.16_28', { hostId: 'b', claimedAtMs: 1 });
  await releaseSubnets(documents, 'a');
  await forgetRanges(documents);
  expect([...stored.keys()]).toEqual(['network/ranges', 'subnet/10.42.0.16_28']);
  await releaseSubnets(documents, 'b');
  await forgetRanges(documents);
  expect(stored.size).toBe(0);
});

test('Q34: invalid documents are neither ranges nor claims of a host; one about a host without id occupies its subnet', async () => {
  const { documents, stored } = createMemoryDocuments();
  for (const rubbish of [null, 'x', [], {}, { ranges: [], prefixLength: 24 }, { ranges: [1], prefixLength: 24 }]) {
    await documents.put('network/ranges', rubbish);
    expect(await readRanges(documents)).toEqual({ ranges: null, revision: stored.get('network/ranges')?.revision });
  }
  await documents.put('subnet/rubbish', 7);
  await documents.put('subnet/10.42.0.0_25', { hostId: 7 });
  await documents.put('subnet/10.42.0.128_25', 'text');
  expect((await readClaims(documents)).map(({ subnet, hostId }) => [subnet, hostId])).toEqual([['10.42.0.0/25', '']]);
  const host = start(documents, 'a');
  await untilAllStand([host]);
  expect(subnetOf(host)).toMatch(/^10\.42\.0\.(128|144|160|176|192|208|224|240)\/28$/);
});
