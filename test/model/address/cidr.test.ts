import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Address,
  addressOf,
  type Cidr,
  cidrContains,
  cidrHolds,
  cidrOf,
  cidrSize,
  cidrsOverlap,
  nthAddress,
  nthSubnet,
  parseAddress,
  parseCidr,
  parseInterfaceCidr,
  subnetCount,
} from '../../../model/index.ts';

const cidr = (text: string): Cidr => {
  const parsed = parseCidr(text);
  if (!parsed.ok) throw new Error(parsed.problem.what);
  return parsed.value;
};
const address = (text: string): Address => {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.problem.what);
  return parsed.value;
};
const anyCidr = fc.oneof(
  fc
    .tuple(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), fc.integer({ min: 0, max: 32 }))
    .map(([value, length]) => cidrOf(addressOf(4, value), length)),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), fc.integer({ min: 0, max: 128 }))
    .map(([value, length]) => cidrOf(addressOf(6, value), length)),
);

describe('parseCidr()', () => {
  test.each([
    ['10.42.0.0/16', '10.42.0.0/16'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['10.42.0.7/32', '10.42.0.7/32'],
    ['FD00:0::/8', 'fd00::/8'],
  ])('%s -> %s', (text, expected) => {
    expect(cidr(text).text).toBe(expected);
  });

  test.each([
    ['10.42.0.7/16', 'write 10.42.0.0/16'],
    ['fd00::1/64', 'write fd00::/64'],
    ['10.42.0.0', 'write it like'],
    ['10.42.0.0/', 'write it like'],
    ['10.42.0/16', 'write it like'],
    ['10.42.0.0/33', 'use 0 to 32'],
    ['10.42.0.0/016', 'write it like'],
    ['10.42.0.0/16/2', 'write it like'],
    ['10.42.0.0/-1', 'write it like'],
    ['fe80::%eth0/64', 'write it like'],
    ['', 'write it like'],
  ])('refuses %j: %s', (text, hint) => {
    const parsed = parseCidr(text);
    expect(parsed.ok ? '' : parsed.problem.hint).toContain(hint);
  });
});

test('parseInterfaceCidr() gives the address and its range', () => {
  const parsed = parseInterfaceCidr('10.42.3.7/24');
  expect(parsed.ok && [parsed.value.address.text, parsed.value.cidr.text]).toEqual(['10.42.3.7', '10.42.3.0/24']);
});

test('sizes, hosts and addresses of a range', () => {
  expect(cidrSize(cidr('10.42.3.0/24'))).toBe(256n);
  expect(nthAddress(cidr('10.42.3.0/24'), 1)?.text).toBe('10.42.3.1');
  expect(nthAddress(cidr('10.42.3.0/24'), 255)?.text).toBe('10.42.3.255');
  expect(nthAddress(cidr('10.42.3.0/24'), 256)).toBeNull();
  expect(nthAddress(cidr('10.42.3.0/24'), -1)).toBeNull();
});

test('subnets of a range', () => {
  expect(subnetCount(cidr('10.42.0.0/16'), 24)).toBe(256n);
  expect(subnetCount(cidr('10.42.0.0/16'), 8)).toBe(0n);
  expect(subnetCount(cidr('10.42.0.0/16'), 33)).toBe(0n);
  expect(nthSubnet(cidr('10.42.0.0/16'), 24, 3)?.text).toBe('10.42.3.0/24');
  expect(nthSubnet(cidr('10.42.0.0/16'), 24, 256)).toBeNull();
  expect(nthSubnet(cidr('10.42.0.0/16'), 24, -1)).toBeNull();
});

test('a range contains no address of the other family', () => {
  expect(cidrContains(cidr('0.0.0.0/0'), address('::1'))).toBe(false);
  expect(cidrsOverlap(cidr('0.0.0.0/0'), cidr('::/0'))).toBe(false);
});

test('adjacent ranges, and ranges inside each other', () => {
  expect(cidrsOverlap(cidr('10.42.0.0/24'), cidr('10.42.1.0/24'))).toBe(false);
  expect(cidrsOverlap(cidr('10.42.0.0/23'), cidr('10.42.1.0/24'))).toBe(true);
  expect(cidrHolds(cidr('0.0.0.0/0'), cidr('255.255.255.255/32'))).toBe(true);
  expect(cidrHolds(cidr('10.42.0.0/24'), cidr('10.42.0.0/24'))).toBe(true);
  expect(cidrHolds(cidr('10.42.1.0/24'), cidr('10.42.0.0/23'))).toBe(false);
  expect(cidrHolds(cidr('10.42.0.0/24'), cidr('10.42.1.0/25'))).toBe(false);
  expect(cidrHolds(cidr('::/0'), cidr('10.42.0.0/16'))).toBe(false);
});

test('a range contains its first and last address, but not the addresses next to them', () => {
  fc.assert(
    fc.property(anyCidr, (one) => {
      const last = one.first + cidrSize(one) - 1n;
      expect(cidrContains(one, addressOf(one.family, one.first))).toBe(true);
      expect(cidrContains(one, addressOf(one.family, last))).toBe(true);
      expect(cidrContains(one, { family: one.family, value: last + 1n, text: '' })).toBe(false);
      expect(cidrContains(one, { family: one.family, value: one.first - 1n, text: '' })).toBe(false);
      expect(parseCidr(one.text)).toEqual({ ok: true, value: one });
    }),
  );
});

test('ranges overlap exactly if one contains the other', () => {
  fc.assert(
    fc.property(anyCidr, anyCidr, (a, b) => {
      const wider = a.prefixLength <= b.prefixLength ? a : b;
      const narrower = wider === a ? b : a;
      const expected =
        a.family === b.family && cidrOf(addressOf(a.family, narrower.first), wider.prefixLength).text === wider.text;
      expect(cidrsOverlap(a, b)).toBe(expected);
      expect(cidrsOverlap(b, a)).toBe(expected);
    }),
  );
});

test('subnets of a range are inside it and do not overlap', () => {
  const numbers = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(numbers, ([a, b]) => {
      const [one, other] = [nthSubnet(cidr('10.42.0.0/16'), 24, a), nthSubnet(cidr('10.42.0.0/16'), 24, b)];
      expect(one && cidrsOverlap(one, cidr('10.42.0.0/16'))).toBe(true);
      expect(one && other && cidrsOverlap(one, other)).toBe(a === b);
    }),
  );
});
