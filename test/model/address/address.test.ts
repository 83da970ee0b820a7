import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addressOf, canonicalAddress, formatReverseName, parseAddress, plainAddress } from '../../../model/index.ts';

const ipv4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => addressOf(4, value));
/** Mostly zeros, so that runs of them are common. */
const group = fc.oneof(fc.constant(0n), fc.constant(0n), fc.bigInt({ min: 0n, max: 0xffffn }));
const ipv6 = fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) =>
  addressOf(
    6,
    groups.reduce((value, one) => (value << 16n) | one, 0n),
  ),
);
const address = fc.oneof(ipv4, ipv6);

describe('parseAddress() gives the canonical form', () => {
  test.each([
    ['10.42.0.5', '10.42.0.5'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['::', '::'],
    ['::1', '::1'],
    ['1::', '1::'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:1:2:3:0:0:4', '2001:db8:1:2:3::4'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
    ['::ffff:a00:1', '::ffff:10.0.0.1'],
    ['64:ff9b::192.0.2.1', '64:ff9b::c000:201'],
    ['fe80:0000:0000:0000:0001:0002:0003:0004', 'fe80::1:2:3:4'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s -> %s', (text, expected) => {
    expect(canonicalAddress(text)).toBe(expected);
  });
});

describe('parseAddress() refuses', () => {
  test.each([
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '10.0.0.1 ',
    '1::2::3',
    'fe80::1%eth0',
    'web',
    '10.0.0.0/8',
    '12345::',
  ])('%j', (text) => {
    const result = parseAddress(text);
    expect(result.ok).toBe(false);
    expect(canonicalAddress(text)).toBeNull();
  });
});

describe('plainAddress()', () => {
  test.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:10.1.2.3', '10.1.2.3'],
    ['::ffff:a01:203', '10.1.2.3'],
    ['::fffe:a01:203', '::fffe:a01:203'],
    ['2001:DB8:0::6', '2001:db8::6'],
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['::ffff:10.1.2.256', '::ffff:10.1.2.256'],
    ['', ''],
  ])('%j -> %j', (text, expected) => {
    expect(plainAddress(text)).toBe(expected);
  });
});

test('parseAddress() parses its own text of every address, and the text is valid', () => {
  fc.assert(
    fc.property(address, (one) => {
      expect(isIP(one.text)).toBe(one.family);
      expect(parseAddress(one.text)).toEqual({ ok: true, value: one });
    }),
  );
});

test('IPv6 texts equal those of the URL standard, except for IPv4-mapped addresses', () => {
  fc.assert(
    fc.property(ipv6, ({ text }) => {
      fc.pre(!text.includes('.'));
      expect(`[${text}]`).toBe(new URL(`http://[${text}]/`).hostname);
    }),
  );
});

test('parseAddress() never throws', () => {
  const near = fc.stringMatching(/^[0-9a-fA-F:.%/]{0,45}$/);
  fc.assert(
    fc.property(fc.oneof(near, fc.string()), (text) => {
      const result = parseAddress(text);
      expect(result.ok).toBe(isIP(text) !== 0 && !text.includes('%'));
    }),
  );
});

describe('reverse names', () => {
  test.each([
    ['10.42.0.5', '5.0.42.10.in-addr.arpa.'],
    ['2001:db8::1', '1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.'],
  ])('%s -> %s', (text, expected) => {
    const parsed = parseAddress(text);
    expect(parsed.ok && formatReverseName(parsed.value)).toBe(expected);
  });
});
