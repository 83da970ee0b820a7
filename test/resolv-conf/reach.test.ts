import { beforeEach, expect, test } from 'vitest';
import type { Container } from '../../model/index.ts';
import {
  createReachability,
  isOftenUnreachable,
  type ProbeResult,
  type Reachability,
} from '../../resolv-conf/reach.ts';
import { createFakeClock, type FakeClock } from '../support/fake-clock.ts';
import { at, container, network } from '../view/world.ts';

let clock: FakeClock;
let reachability: Reachability;
let probes: { readonly id: string; readonly end: (result: ProbeResult) => void }[];
let changes: number;
const networks: Record<string, readonly string[]> = { web: ['app'], box: ['lan'], box2: ['lan'], both: ['app', 'lan'] };

beforeEach(() => {
  clock = createFakeClock();
  probes = [];
  changes = 0;
  reachability = createReachability({
    clock,
    probe: (id) => new Promise((end) => probes.push({ id, end })),
    networksOf: (id) => networks[id] ?? [],
    isDoubtful: (name) => name === 'lan',
    onChange: () => {
      changes += 1;
    },
    signal: new AbortController().signal,
  });
});

const running = (id: string, fields: Partial<Container> = {}) =>
  container(id, null, '10.0.0.1', { state: 'running', startedAtMs: 1, ...fields });
const settle = async (result: ProbeResult): Promise<void> => {
  probes.shift()?.end(result);
  await clock.advance(0);
};

test('before a probe: unknown, or doubtful if all networks are of a kind that does not reach Drover', () => {
  expect(reachability.of(running('web'))).toBe('unknown');
  expect(reachability.of(running('box'))).toBe('doubtful');
  expect(reachability.of(running('both'))).toBe('unknown');
  expect(reachability.of(running('new'))).toBe('unknown');
});

test('only running containers are probed, each once at a time; a success is never in doubt again', async () => {
  const all = [
    running('web'),
    running('box', { state: 'starting' }),
    running('both', { labels: { 'drover.dns': 'false' } }),
  ];
  reachability.check(all);
  reachability.check(all);
  expect(probes.map(({ id }) => id)).toEqual(['web']);
  await settle('reached');
  expect(reachability.of(running('web'))).toBe('yes');
  expect(changes).toBe(1);
  reachability.check(all);
  expect(probes).toEqual([]);
});

test('a container without a path is probed again, and what was learned holds for others on its networks before their start', async () => {
  reachability.check([running('box')]);
  await settle('unreached');
  expect(reachability.of(running('box'))).toBe('no');
  reachability.check([running('box')]);
  await settle('unreached');
  expect(changes).toBe(1);
  reachability.check([running('box')]);
  await settle('reached');
  expect(reachability.of(running('box'))).toBe('yes');
  expect(reachability.of(running('box2', { state: 'starting' }))).toBe('unknown');
});

test('another start, or another set of networks, is probed again', async () => {
  const box = running('box');
  reachability.check([box]);
  await settle('unreached');
  const attached = running('box', { addresses: [at('n1', '10.0.0.1'), at('n2', '10.0.1.1')] });
  expect(reachability.of(attached)).toBe('doubtful');
  reachability.check([attached]);
  await settle('reached');
  expect(reachability.of(attached)).toBe('yes');
  expect(reachability.of(running('box', { startedAtMs: 2 }))).not.toBe('yes');
});

test('while DNS does not answer the host either, there is no verdict; the probe is repeated each second', async () => {
  reachability.check([running('web')]);
  await settle('silent');
  expect(reachability.of(running('web'))).toBe('unknown');
  expect(probes).toEqual([]);
  await clock.advance(1_000);
  await settle('reached');
  expect(reachability.of(running('web'))).toBe('yes');
});

test('where no probe is possible, the kind of the networks decides', async () => {
  reachability.check([running('web'), running('box')]);
  await settle('impossible');
  await settle('impossible');
  expect(reachability.of(running('web'))).toBe('yes');
  expect(reachability.of(running('box'))).toBe('no');
});

test('a late result of an earlier start is ignored', async () => {
  reachability.check([running('web')]);
  reachability.check([running('web', { startedAtMs: 2 })]);
  await settle('unreached');
  expect(reachability.of(running('web', { startedAtMs: 2 }))).toBe('unknown');
});

test.each([
  ['macvlan, ipvlan and other drivers', { kind: 'other' }, '1.41', true],
  ['a bridge', { kind: 'bridge' }, '1.48', false],
  ['an internal bridge before Engine 28', { kind: 'bridge', internal: true }, '1.45', false],
  ['an internal bridge of Engine 28', { kind: 'bridge', internal: true }, '1.48', true],
  ['a bridge without IPv4', { kind: 'bridge', subnets: ['fd00::/64'] }, '1.48', true],
  ['a bridge with IPv4 and IPv6', { kind: 'bridge', subnets: ['fd00::/64', '10.0.0.0/24'] }, '1.48', false],
  ['the network of the host', { kind: 'host', subnets: [] }, null, false],
] as const)('isOftenUnreachable(): %s', (_title, fields, api, expected) => {
  expect(isOftenUnreachable(network('a', 'n1', fields), api)).toBe(expected);
});
