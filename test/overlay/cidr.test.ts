import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressToNumber,
  contains,
  formatCidr,
  gatewayOf,
  numberToAddress,
  overlaps,
  parseCidr,
  size,
} from '../../overlay/cidr.ts';

const cidr = (text: string) => {
  const parsed = parseCidr(text);
  if (!parsed) throw new Error(`${text} is not a CIDR`);
  return parsed;
};

test.each([
  '',
  '10.42.0.0',
  '10.42.0.0/',
  '10.42.0.1/24',
  '10.42.0.0/33',
  '10.42.0.0/024',
  '10.42.0/16',
  'fe80::/64',
  '10.42.0.0/16/1',
])('parseCidr(%o) refuses what is not canonical', (text) => expect(parseCidr(text)).toBeNull());

test('parse and format are each other’s reverse', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 32 }), (address, prefixLength) => {
      const base = address - (address % size({ prefixLength }));
      expect(parseCidr(formatCidr({ base, prefixLength }))).toEqual({ base, prefixLength });
      expect(addressToNumber(numberToAddress(address))).toBe(address);
    }),
  );
});

test('overlaps and contains at the edges', () => {
  expect(overlaps(cidr('10.42.0.0/24'), cidr('10.42.1.0/24'))).toBe(false);
  expect(overlaps(cidr('10.42.0.0/23'), cidr('10.42.1.0/24'))).toBe(true);
  expect(contains(cidr('0.0.0.0/0'), cidr('255.255.255.255/32'))).toBe(true);
  expect(contains(cidr('10.42.1.0/24'), cidr('10.42.0.0/23'))).toBe(false);
  expect(gatewayOf(cidr('10.42.1.0/24'))).toBe('10.42.1.1');
});
