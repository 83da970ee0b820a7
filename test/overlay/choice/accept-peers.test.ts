import { expect, test } from 'vitest';
import type { HostOverlay, TunnelEnd } from '../../../model/index.ts';
import { type AcceptedPeers, acceptPeers, NO_PEERS, type OfferedPeer } from '../../../overlay/choice/accept-peers.ts';
import { host } from '../../view/world.ts';

const end = (publicKey: string, generation = 1, slot: 0 | 1 = 0): TunnelEnd => ({
  backend: 'wireguard',
  slot,
  generation,
  port: 51820,
  publicKey,
});
const overlay = (...ends: TunnelEnd[]): HostOverlay => ({
  abilities: [],
  ends,
  uses: 1,
  addresses: [],
  publicAddress: null,
  underlayMtu: 1500,
});
const peer = (id: string, subnets: string[], ends: TunnelEnd[], incarnation = 1): OfferedPeer => ({
  host: { ...host(id, { subnets }), incarnation },
  overlay: overlay(...ends),
});
const subnetsOf = (accepted: AcceptedPeers) =>
  Object.fromEntries([...accepted.peers].map(([id, { subnets }]) => [id, subnets]));
const keyOf = (accepted: AcceptedPeers, id: string) => accepted.peers.get(id)?.ends[0]?.publicKey;
/** Without claims on the bus. */
const accept = (before: AcceptedPeers, own: readonly string[], offered: readonly OfferedPeer[]) =>
  acceptPeers(before, own, offered, new Map());
const OWN = ['10.42.1.0/24'];

test('Q18: a subnet stays with the host that had it first, whatever its id, and with this host', () => {
  const c = peer('c', ['10.42.3.0/24'], []);
  const first = accept(NO_PEERS, OWN, [c]);
  const thief = peer('b', ['10.42.3.0/25', '10.42.1.128/25', '10.42.2.0/24', 'rubbish'], []);
  const after = accept(first, OWN, [thief, c]);
  expect(subnetsOf(after)).toEqual({ b: ['10.42.2.0/24'], c: ['10.42.3.0/24'] });
  expect(after.problems.map(({ subject, what }) => `${subject}: ${what}`)).toEqual([
    'subnet 10.42.3.0/25 of host b (b): overlaps the subnet of host c',
    'subnet 10.42.1.128/25 of host b (b): overlaps the subnet of this host',
    'subnet rubbish of host b (b): is not an IPv4 subnet',
  ]);
  const gone = accept(after, OWN, [thief]);
  expect(subnetsOf(gone)).toEqual({ b: ['10.42.3.0/25', '10.42.2.0/24'] });
});

test('of two new hosts with one subnet the one with the lower id gets it, in any order', () => {
  const both = [peer('b', ['10.42.3.0/24'], []), peer('a', ['10.42.3.0/24'], [])];
  for (const offered of [both, both.toReversed()])
    expect(subnetsOf(accept(NO_PEERS, [], offered))).toEqual({ a: ['10.42.3.0/24'], b: [] });
});

test('a public key changes with a higher generation or a restart of the agent, and not otherwise', () => {
  const offer = (publicKey: string, generation: number, incarnation: number) =>
    peer('b', ['10.42.2.0/24'], [end(publicKey, generation)], incarnation);
  const first = accept(NO_PEERS, OWN, [offer('one', 1, 7)]);
  const forged = accept(first, OWN, [offer('two', 1, 7)]);
  expect(keyOf(forged, 'b')).toBe('one');
  expect(forged.problems.map(({ subject }) => subject)).toEqual(['wireguard key of host b (b)']);
  expect(keyOf(accept(forged, OWN, [offer('two', 1, 7)]), 'b')).toBe('one');
  const rotated = accept(forged, OWN, [offer('three', 2, 7)]);
  expect([keyOf(rotated, 'b'), rotated.problems]).toEqual(['three', []]);
  expect(keyOf(accept(rotated, OWN, [offer('old', 1, 7)]), 'b')).toBe('three');
  // The agent publishes its old key when it starts, and the new one when it has found that the file is lost.
  const restarted = accept(rotated, OWN, [offer('three', 2, 8)]);
  expect(keyOf(accept(restarted, OWN, [offer('four', 2, 8)]), 'b')).toBe('four');
});

test('the key in another slot is another key', () => {
  const first = accept(NO_PEERS, OWN, [peer('b', ['10.42.2.0/24'], [end('one')])]);
  const both = accept(first, OWN, [peer('b', ['10.42.2.0/24'], [end('one'), end('two', 2, 1)])]);
  expect(both.problems).toEqual([]);
  expect(both.peers.get('b')?.ends.map(({ publicKey }) => publicKey)).toEqual(['one', 'two']);
});

test('a known host that announces the subnet of another one loses its own and takes nothing', () => {
  const [b, c] = [peer('b', ['10.42.2.0/24'], []), peer('c', ['10.42.3.0/24'], [])];
  const first = accept(NO_PEERS, OWN, [b, c]);
  const after = accept(first, OWN, [peer('b', ['10.42.3.0/24'], []), c]);
  expect([subnetsOf(after), after.problems.length]).toEqual([{ b: [], c: ['10.42.3.0/24'] }, 1]);
});

test('a host that leaves and returns with another subnet is accepted with that', () => {
  const c = peer('c', ['10.42.3.0/24'], []);
  const left = accept(accept(NO_PEERS, OWN, [peer('b', ['10.42.2.0/24'], []), c]), OWN, [c]);
  const back = accept(left, OWN, [peer('b', ['10.42.9.0/24'], []), c]);
  expect([subnetsOf(back), back.problems]).toEqual([{ b: ['10.42.9.0/24'], c: ['10.42.3.0/24'] }, []]);
});

const claims = (owners: Record<string, string>) => new Map(Object.entries(owners));
const [B, C] = [peer('b', ['10.42.2.0/24'], [end('one')], 7), peer('c', ['10.42.3.0/24'], [])];
const absentOf = ({ absent }: AcceptedPeers) => [...absent.keys()];

test('a host whose agent does not run is absent while it owns its subnet, and comes back as the one it was', () => {
  const owners = claims({ '10.42.2.0/24': 'b', '10.42.3.0/24': 'c' });
  const both = acceptPeers(NO_PEERS, OWN, [B, C], owners);
  const away = acceptPeers(both, OWN, [C], owners);
  expect([subnetsOf(away), absentOf(away), away.problems]).toEqual([{ c: ['10.42.3.0/24'] }, ['b'], []]);
  const later = acceptPeers(away, OWN, [C], owners);
  expect(later.absent.get('b')).toBe(both.peers.get('b'));
  const back = acceptPeers(later, OWN, [B, C], owners);
  expect([back.peers.get('b'), absentOf(back)]).toEqual([both.peers.get('b'), []]);
  const forged = acceptPeers(later, OWN, [peer('b', ['10.42.2.0/24'], [end('two')], 7), C], owners);
  expect([keyOf(forged, 'b'), forged.problems.length]).toEqual(['one', 1]);
});

test('Q18: a host that is forgotten, or whose subnet another host has claimed, is not absent but gone', () => {
  const owners = claims({ '10.42.2.0/24': 'b', '10.42.3.0/24': 'c' });
  const away = acceptPeers(acceptPeers(NO_PEERS, OWN, [B, C], owners), OWN, [C], owners);
  const forgotten = acceptPeers(away, OWN, [C], claims({ '10.42.3.0/24': 'c' }));
  expect(absentOf(forgotten)).toEqual([]);
  const heir = peer('d', ['10.42.2.0/24'], []);
  const early = acceptPeers(away, OWN, [C, heir], claims({ '10.42.2.0/24': 'b' }));
  expect([absentOf(early), subnetsOf(early), early.problems.length]).toEqual([
    ['b'],
    { c: ['10.42.3.0/24'], d: [] },
    1,
  ]);
  const moved = acceptPeers(early, OWN, [C, heir], claims({ '10.42.2.0/24': 'd' }));
  expect([absentOf(moved), subnetsOf(moved), moved.problems]).toEqual([[], { c: ['10.42.3.0/24'], d: ['10.42.2.0/24'] }, []]); // biome-ignore format: one line
  const own = acceptPeers(away, [...OWN, '10.42.2.0/24'], [C], owners);
  expect(absentOf(own)).toEqual([]);
});

test('Q18: if two living hosts announce one subnet, the host with the claim gets it', () => {
  const [a, z] = [peer('a', ['10.42.9.0/24'], []), peer('z', ['10.42.9.0/24'], [])];
  const owners = claims({ '10.42.9.0/24': 'z' });
  for (const before of [NO_PEERS, accept(NO_PEERS, OWN, [a]), accept(NO_PEERS, OWN, [z])]) {
    const both = acceptPeers(before, OWN, [a, z], owners);
    expect([subnetsOf(both), both.problems.length]).toEqual([{ a: [], z: ['10.42.9.0/24'] }, 1]);
  }
});
