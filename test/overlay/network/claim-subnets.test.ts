import { expect, test } from 'vitest';
import { claimSubnets } from '../../../overlay/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';
import { testLog } from '../../support/test-log.ts';

const clock = createFakeClock();
const log = testLog('claims');
const RANGE = '10.42.0.0/24';

function setup(turn?: () => Promise<void>) {
  const { documents, stored } = createMemoryDocuments(turn);
  const host = (hostId: string, ranges: readonly string[] = [RANGE], prefixLength = 28) =>
    claimSubnets({ documents, clock, log }, { hostId, ranges, prefixLength });
  const subnetOf = async (hostId: string, ...rest: [(readonly string[])?, number?]): Promise<string> => {
    const claim = await host(hostId, ...rest).ensure();
    return claim.ok ? claim.value.subnet : claim.problem.what;
  };
  return { documents, stored, host, subnetOf };
}

test('a host keeps its subnet when ranges are added', async () => {
  const { subnetOf } = setup();
  const first = await subnetOf('a');
  expect(await subnetOf('a')).toBe(first);
  expect(await subnetOf('a', [RANGE, '10.99.0.0/24'])).toBe(first);
  expect(await subnetOf('a', ['10.99.0.0/24'])).toBe(first);
});

test('Q18: a subnet never has two owners, with many racing hosts and a slow bus', async () => {
  const { stored, subnetOf } = setup(async () => {
    for (let turns = Math.floor(Math.random() * 8); turns > 0; turns--) await Promise.resolve();
  });
  const ids = Array.from({ length: 64 }, (_, index) => `host-${index}`);
  const ranges = ['10.42.0.0/24', '10.43.0.0/24', '10.44.0.0/23'];
  const claimed = await Promise.all(ids.map((id) => subnetOf(id, ranges)));
  expect(new Set(claimed).size).toBe(64);
  expect(stored.size).toBe(64);
  expect(await Promise.all(ids.map((id) => subnetOf(id, ranges)))).toEqual(claimed);
});

test('hosts with different prefix lengths get subnets that do not overlap', async () => {
  const { subnetOf } = setup(async () => {
    for (let turns = Math.floor(Math.random() * 4); turns > 0; turns--) await Promise.resolve();
  });
  const small = Array.from({ length: 6 }, (_, index) => subnetOf(`small-${index}`, [RANGE], 28));
  const large = Array.from({ length: 2 }, (_, index) => subnetOf(`large-${index}`, [RANGE], 27));
  const bounds = (await Promise.all([...small, ...large])).map((text) => {
    const [address = '', length = ''] = text.split('/');
    const first = Number(address.split('.')[3]);
    return [first, first + 2 ** (32 - Number(length))] as const;
  });
  const sorted = bounds.toSorted(([a], [b]) => a - b);
  for (const [index, [first]] of sorted.entries()) expect(first).toBeGreaterThanOrEqual(sorted[index - 1]?.[1] ?? 0);
});

test('80 % use is a warning, exhaustion a problem; adding ranges and releasing subnets solve it', async () => {
  const { host, subnetOf } = setup();
  for (let index = 0; index < 12; index++) {
    const claim = await host(`h${index}`).ensure();
    expect(claim).toMatchObject({ ok: true, value: { used: index + 1, capacity: 16, warning: null } });
  }
  expect(await host('h12').ensure()).toMatchObject({ value: { warning: { what: '13 of 16 subnets are claimed' } } });
  for (let index = 13; index < 16; index++) await subnetOf(`h${index}`);
  const refused = await host('h16').ensure();
  expect(refused).toMatchObject({ ok: false, problem: { what: expect.stringContaining('exhausted: all 16 subnets') } });
  expect(await subnetOf('h17', [RANGE, '10.43.0.0/24'])).toMatch(/^10\.43\./);
  await host('h3').release();
  expect(await subnetOf('h16')).toMatch(/^10\.42\./);
});

test('a host whose subnet was claimed by another host reports it and claims nothing', async () => {
  const { host, stored, subnetOf } = setup();
  const subnet = await subnetOf('a');
  await host('a').release();
  stored.set(`subnet/${subnet.replace('/', '_')}`, { value: { hostId: 'b', claimedAtMs: 1 }, revision: 9 });
  const result = await host('a').ensure(subnet);
  expect(result).toMatchObject({ ok: false, problem: { what: expect.stringContaining('claimed by host b') } });
  expect(stored.size).toBe(1);
});

test('a network whose claim was lost claims the same subnet again', async () => {
  const { host } = setup();
  expect(await host('a').ensure('10.42.0.48/28')).toMatchObject({ ok: true, value: { subnet: '10.42.0.48/28' } });
});

test('a second claim of a host, left by a lost reply, is released; the claim in use is kept', async () => {
  const { host, stored } = setup();
  stored.set('subnet/10.42.0.0_28', { value: { hostId: 'a', claimedAtMs: 1 }, revision: 1 });
  stored.set('subnet/10.42.0.16_28', { value: { hostId: 'a', claimedAtMs: 2 }, revision: 2 });
  expect(await host('a').ensure('10.42.0.16/28')).toMatchObject({
    ok: true,
    value: { subnet: '10.42.0.16/28', used: 1 },
  });
  expect([...stored.keys()]).toEqual(['subnet/10.42.0.16_28']);
});

test.each([
  ['10.42.0.0/28', 28, true],
  ['10.42.0.0/30', 30, true],
  ['10.42.0.0/29', 28, false],
  ['10.42.0.0/24', 31, false],
  ['fd00::/24', 28, false],
])('subnets of range %s with prefix length %i are possible: %j', async (range, prefixLength, expected) => {
  const { host } = setup();
  expect((await host('a', [range], prefixLength).ensure()).ok).toBe(expected);
});

test('Q34: invalid documents on the bus are ignored, invalid settings are reported', async () => {
  const { host, stored, subnetOf } = setup();
  stored.set('subnet/rubbish', { value: 7, revision: 1 });
  stored.set('subnet/10.42.0.0_25', { value: { hostId: 7 }, revision: 2 });
  stored.set('subnet/10.42.0.128_25', { value: 'text', revision: 3 });
  expect(await subnetOf('a')).toMatch(/^10\.42\.0\.(128|144|160|176|192|208|224|240)\/28$/);
  expect(await host('b', ['10.42.0.1/24']).ensure()).toMatchObject({
    ok: false,
    problem: { subject: 'managed network range 10.42.0.1/24' },
  });
});
