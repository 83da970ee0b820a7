import { describe, expect, test } from 'vitest';
import { literalAddress, reverseAddress, reverseRange } from '../../../dns/answer/reverse.ts';

test('literalAddress() reads an address that is a name', () => {
  expect(literalAddress('10.42.1.1')?.address).toBe('10.42.1.1');
  expect(literalAddress('fd00::1')?.address).toBe('fd00::1');
  expect([literalAddress('10.42.1'), literalAddress('web'), literalAddress('')]).toEqual([null, null, null]);
});

describe('reverseAddress()', () => {
  test.each([
    ['4.3.2.1.in-addr.arpa', '1.2.3.4'],
    ['4.3.2.256.in-addr.arpa', null],
    ['04.3.2.1.in-addr.arpa', null],
    ['3.2.1.in-addr.arpa', null],
    ['x.4.3.2.1.in-addr.arpa', null],
    [`${'0.'.repeat(32)}ip6.arpa`, '::'],
    [`1.${'0.'.repeat(31)}ip6.arpa`, '::1'],
    [`1.${'0.'.repeat(23)}8.b.d.0.1.0.0.2.ip6.arpa`, '2001:db8::1'],
    [`1.0.0.0.${'0.0.0.0.'.repeat(2)}1.0.0.0.${'0.0.0.0.'.repeat(2)}8.b.d.0.1.0.0.2.ip6.arpa`, '2001:db8::1:0:0:1'],
    [`${'1.0.0.0.'.repeat(8)}ip6.arpa`, '1:1:1:1:1:1:1:1'],
    [`${'0.'.repeat(28)}0.1.0.0.ip6.arpa`, '10::'],
    [`${'0.'.repeat(31)}ip6.arpa`, null],
  ])('%s -> %s', (name, address) => {
    expect(reverseAddress(name)?.address ?? null).toBe(address);
  });
});

describe('reverseRange()', () => {
  test.each([
    ['2.0.10.in-addr.arpa', '10.0.2.0 10.0.2.255'],
    ['10.in-addr.arpa', '10.0.0.0 10.255.255.255'],
    ['8.b.d.0.1.0.0.2.ip6.arpa', '2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
    [`${'0.'.repeat(31)}ip6.arpa`, ':: ::f'],
    ['4.3.2.1.in-addr.arpa', null],
    ['256.in-addr.arpa', null],
    ['in-addr.arpa', null],
    ['x.10.in-addr.arpa', null],
  ])('%s -> %s', (name, expected) => {
    const range = reverseRange(name);
    expect(range && `${range.first} ${range.last}`).toBe(expected);
  });
});
