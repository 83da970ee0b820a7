import { expect, test } from 'vitest';
import { createReaches, type Situation } from '../../../agent/overlay/reaches.ts';
import { type Cidr, parseCidr } from '../../../model/index.ts';
import type { AcceptedPeer, PeerPath } from '../../../overlay/index.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { host } from '../../view/world.ts';
import { path } from './worlds.ts';

const LAN: readonly Cidr[] = ['192.0.2.0/24', '10.1.0.0/16'].flatMap((text) => {
  const parsed = parseCidr(text);
  return parsed.ok ? [parsed.value] : [];
});

const peer = (
  id: string,
  address = '192.0.2.2',
  addresses: readonly string[] = [address, '10.1.0.2'],
): AcceptedPeer => ({
  host: host(id, { address, subnets: ['10.42.2.0/24'] }),
  overlay: { abilities: [], ends: [], uses: 1, addresses, publicAddress: null, underlayMtu: 1_500 },
  subnets: ['10.42.2.0/24'],
  ends: [],
});

const situation = (peers: readonly AcceptedPeer[], paths: Readonly<Record<string, PeerPath>> = {}): Situation => ({
  peers,
  absent: [],
  networks: LAN,
  ownAddresses: 1,
  paths: new Map(Object.entries(paths)),
  plain: new Set(),
});

test('the function is the identical one until an address, an MTU or a silence changes', () => {
  const clock = createFakeClock();
  const reaches = createReaches({ clock }, 'a');
  const b = peer('b');
  expect(reaches.current()(b)).toEqual({ address: '192.0.2.2', isSilent: false, mtu: null });
  expect(reaches.decide(situation([b]))).toBe(true);
  const before = reaches.current();
  expect(reaches.decide(situation([b], { b: path('up', { mtu: null, rttMs: 9 }) }))).toBe(false);
  expect(reaches.current()).toBe(before);
  expect(reaches.decide(situation([b], { b: path('up', { mtu: 1_380 }) }))).toBe(true);
  expect(reaches.current()(b)).toEqual({ address: '192.0.2.2', isSilent: false, mtu: 1_380 });
  expect(reaches.decide(situation([b], { b: path('silent', { sinceMs: clock.now() }) }))).toBe(true);
  expect(reaches.current()(b).isSilent).toBe(true);
  expect(reaches.decide(situation([]))).toBe(true);
});

test('an absent host is reached where it was last', () => {
  const reaches = createReaches({ clock: createFakeClock() }, 'a');
  const b = peer('b');
  reaches.decide(situation([b], { b: path('up', { mtu: 1_380 }) }));
  expect(reaches.decide({ ...situation([]), absent: ['b', 'c'] })).toBe(false);
  expect(reaches.current()(b)).toEqual({ address: '192.0.2.2', isSilent: false, mtu: 1_380 });
});

test('Q39 a silent peer is tried at its next address, but not one that is reached by plain routes', async () => {
  const clock = createFakeClock();
  const reaches = createReaches({ clock }, 'a');
  const [b, c] = [peer('b'), peer('c')];
  const silent = path('silent', { sinceMs: clock.now() });
  const decide = () => reaches.decide({ ...situation([b, c], { b: silent, c: silent }), plain: new Set(['c']) });
  decide();
  await clock.advance(9_000);
  expect(decide()).toBe(false);
  await clock.advance(1_000);
  expect(decide()).toBe(true);
  expect([b, c].map((one) => reaches.current()(one).address)).toEqual(['10.1.0.2', '192.0.2.2']);
});

test('Q39 a peer whose address changes is followed at once', () => {
  const reaches = createReaches({ clock: createFakeClock() }, 'a');
  reaches.decide(situation([peer('b')], { b: path('up') }));
  const moved = peer('b', '192.0.2.77', ['192.0.2.77']);
  expect(reaches.decide(situation([moved], { b: path('up') }))).toBe(true);
  expect(reaches.current()(moved).address).toBe('192.0.2.77');
});
