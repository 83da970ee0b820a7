import { describe, expect, test } from 'vitest';
import { parseUpstream } from '../../../dns/index.ts';
import { formatUpstream, isLoopback } from '../../../dns/upstream/address.ts';

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
