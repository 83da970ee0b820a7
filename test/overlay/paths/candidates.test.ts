import { expect, test } from 'vitest';
import { type Cidr, parseCidr } from '../../../model/index.ts';
import { underlayCandidates } from '../../../overlay/paths/candidates.ts';

function networks(...texts: readonly string[]): readonly Cidr[] {
  return texts.map((text) => {
    const parsed = parseCidr(text);
    if (!parsed.ok) throw new Error(text);
    return parsed.value;
  });
}

const peer = {
  address: '10.1.0.5',
  addresses: ['10.1.0.5', 'fd00::5', '192.168.7.5'],
  publicAddress: '203.0.113.5',
};

test.each([
  [
    'own choice, public address, others, IPv6',
    ['10.9.0.0/24', 'fd09::/64'],
    ['10.1.0.5', '203.0.113.5', '192.168.7.5', 'fd00::5'],
  ],
  [
    'Q39 an address in a network of this host first',
    ['192.168.7.0/24', '10.9.0.0/24'],
    ['192.168.7.5', '10.1.0.5', '203.0.113.5'],
  ],
  [
    'Q39 an IPv6 network of this host before IPv4 elsewhere',
    ['fd00::/64', '10.9.0.0/24'],
    ['fd00::5', '10.1.0.5', '203.0.113.5', '192.168.7.5'],
  ],
  ['Q39 a host with IPv6 only', ['fd09::/64'], ['fd00::5']],
  ['a host whose networks are not known yet', [], ['10.1.0.5', '203.0.113.5', '192.168.7.5', 'fd00::5']],
])('underlayCandidates(): %s', (_, own, expected) => {
  expect(underlayCandidates(networks(...own), peer)).toEqual(expected);
});

test('underlayCandidates() leaves out what is not an address, and writes addresses in one form', () => {
  const bad = { address: 'auto', addresses: ['', 'fd00:0:0::5', 'fd00::5'], publicAddress: 'nat.example.org' };
  expect(underlayCandidates([], bad)).toEqual(['fd00::5']);
});
