import { describe, expect, test } from 'vitest';
import { isLoopback, isSiteAddress } from '../../../dns/upstream/choice/address-kinds.ts';
import { formatUpstream, parseUpstream } from '../../../model/index.ts';

describe('parseUpstream()', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1 53'],
    ['192.0.2.1:5353', '192.0.2.1 5353'],
    ['2001:db8::1', '2001:db8::1 53'],
    ['[2001:db8::1]:5353', '2001:db8::1 5353'],
    ['[192.0.2.1]:53', null],
    ['192.0.2.1:0', null],
    ['192.0.2.1:65536', null],
    ['example.com', null],
    ['', null],
  ])('%s', (text, expected) => {
    const upstream = parseUpstream(text);
    expect(upstream && `${upstream.address} ${upstream.port}`).toBe(expected);
  });
});

test('formatUpstream() writes what parseUpstream() reads', () => {
  for (const text of ['192.0.2.1:53', '[2001:db8::1]:5353']) {
    const upstream = parseUpstream(text);
    expect(upstream && formatUpstream(upstream)).toBe(text);
  }
});

test('isLoopback()', () => {
  expect(['127.0.0.53', '127.1.2.3', '::1', '192.0.2.1', '2001:db8::1'].map(isLoopback)).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test.each([
  ['10.1.2.3', true],
  ['172.31.0.1', true],
  ['172.32.0.1', false],
  ['192.168.178.1', true],
  ['100.100.100.100', true],
  ['127.0.0.53', true],
  ['8.8.8.8', false],
  ['fd00::1', true],
  ['fe80::1%eth0', true],
  ['2001:db8::1', false],
])('isSiteAddress(): %s %s', (address, expected) => {
  expect(isSiteAddress(address)).toBe(expected);
});
