import { expect, test } from 'vitest';
import type { HostOverlay, TunnelEnd } from '../../../model/index.ts';
import { acceptPeers, NO_PEERS, type OfferedPeer } from '../../../overlay/choice/accept-peers.ts';
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
const subnetsOf = (accepted: ReturnType<typeof acceptPeers>) =>
  Object.fromEntries([...accepted.peers].map(([id, { subnets }]) => [id, subnets]));
const keyOf = (accepted: ReturnType<typeof acceptPeers>, id: string) => accepted.peers.get(id)?.ends[0]?.publicKey;
const OWN = ['10.42.1.0/24'];

test('Q18: a subnet stays with the host that had it first, whatever its id, and with this host', () => {
  const c = peer('c', ['10.42.3.0/24'], []);
  const first = acceptPeers(NO_PEERS, OWN, [c]);
  const thief = peer('b', ['10.42.3.0/25', '10.42.1.128/25', '10.42.2.0/24', 'rubbish'], []);
  const after = acceptPeers(first, OWN, [thief, c]);
  expect(subnetsOf(after)).toEqual({ b: ['10.42.2.0/24'], c: ['10.42.3.0/24'] });
  expect(after.problems.map(({ subject, what }) => `${subject}: ${what}`)).toEqual([
    'subnet 10.42.3.0/25 of host b (b): overlaps the subnet of host c',
    'subnet 10.42.1.128/25 of host b (b): overlaps the subnet of this host',
    'subnet rubbish of host b (b): is not an IPv4 subnet',
  ]);
  const gone = acceptPeers(after, OWN, [thief]);
  expect(subnetsOf(gone)).toEqual({ b: ['10.42.3.0/25', '10.42.2.0/24'] });
});

test('of two new hosts with one subnet the one with the lower id gets it, in any order', () => {
  const both = [peer('b', ['10.42.3.0/24'], []), peer('a', ['10.42.3.0/24'], [])];
  for (const offered of [both, both.toReversed()])
    expect(subnetsOf(acceptPeers(NO_PEERS, [], offered))).toEqual({ a: ['10.42.3.0/24'], b: [] });
});

test('a public key changes with a higher generation or a restart of the agent, and not otherwise', () => {
  const offer = (publicKey: string, generation: number, incarnation: number) =>
    peer('b', ['10.42.2.0/24'], [end(publicKey, generation)], incarnation);
  const first = acceptPeers(NO_PEERS, OWN, [offer('one', 1, 7)]);
  const forged = acceptPeers(first, OWN, [offer('two', 1, 7)]);
  expect(keyOf(forged, 'b')).toBe('one');
  expect(forged.problems.map(({ subject }) => subject)).toEqual(['wireguard key of host b (b)']);
  expect(keyOf(acceptPeers(forged, OWN, [offer('two', 1, 7)]), 'b')).toBe('one');
  const rotated = acceptPeers(forged, OWN, [offer('three', 2, 7)]);
  expect([keyOf(rotated, 'b'), rotated.problems]).toEqual(['three', []]);
  expect(keyOf(acceptPeers(rotated, OWN, [offer('old', 1, 7)]), 'b')).toBe('three');
  // The agent publishes its old key when it starts, and the new one when it has found that the file is lost.
  const restarted = acceptPeers(rotated, OWN, [offer('three', 2, 8)]);
  expect(keyOf(acceptPeers(restarted, OWN, [offer('four', 2, 8)]), 'b')).toBe('four');
});

test('the key in another slot is another key', () => {
  const first = acceptPeers(NO_PEERS, OWN, [peer('b', ['10.42.2.0/24'], [end('one')])]);
  const both = acceptPeers(first, OWN, [peer('b', ['10.42.2.0/24'], [end('one'), end('two', 2, 1)])]);
  expect(both.problems).toEqual([]);
  expect(both.peers.get('b')?.ends.map(({ publicKey }) => publicKey)).toEqual(['one', 'two']);
});

test('a known host that announces the subnet of another one loses its own and takes nothing', () => {
  const [b, c] = [peer('b', ['10.42.2.0/24'], []), peer('c', ['10.42.3.0/24'], [])];
  const first = acceptPeers(NO_PEERS, OWN, [b, c]);
  const after = acceptPeers(first, OWN, [peer('b', ['10.42.3.0/24'], []), c]);
  expect([subnetsOf(after), after.problems.length]).toEqual([{ b: [], c: ['10.42.3.0/24'] }, 1]);
});

test('a host that leaves and returns with another subnet is accepted with that', () => {
  const c = peer('c', ['10.42.3.0/24'], []);
  const left = acceptPeers(acceptPeers(NO_PEERS, OWN, [peer('b', ['10.42.2.0/24'], []), c]), OWN, [c]);
  const back = acceptPeers(left, OWN, [peer('b', ['10.42.9.0/24'], []), c]);
  expect([subnetsOf(back), back.problems]).toEqual([{ b: ['10.42.9.0/24'], c: ['10.42.3.0/24'] }, []]);
});
