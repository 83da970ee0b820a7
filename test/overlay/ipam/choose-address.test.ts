import { expect, test } from 'vitest';
import { parseIpv4Cidr } from '../../../model/index.ts';
import { type AddressRecord, chooseAddress, isUsable } from '../../../overlay/ipam/choose-address.ts';

const FIRST = 0x0a2a0100;
const cidr = (text: string) => parseIpv4Cidr(text) ?? expect.fail(text);
const POOL = cidr('10.42.1.0/29');
/** The last byte of an address, when it was freed, and whether it is leased instead. */
const record = (last: number, sinceMs: number, leased = false): AddressRecord => ({
  address: FIRST + last,
  sinceMs,
  leased,
});
const choose = (records: readonly AddressRecord[], range = POOL) => {
  const address = chooseAddress({ pool: POOL, range, records, restedBeforeMs: 100 });
  return address === null ? null : address - FIRST;
};
const all = (sinceMs: number) => [1, 2, 3, 4, 5, 6].map((last) => record(last, sinceMs));

test('the lowest address that was never assigned comes first', () => {
  expect(choose([])).toBe(1);
  expect(choose([record(1, 0), record(3, 0, true)])).toBe(2);
  expect(choose([], cidr('10.42.1.4/30'))).toBe(4);
});

test('then the rested address that was freed first, and of several the lowest', () => {
  const others = all(101).slice(2);
  expect(choose([record(1, 90), record(2, 80), ...others])).toBe(2);
  expect(choose([record(2, 80), record(1, 80), ...others])).toBe(1);
  expect(choose([record(1, 100), record(2, 101), ...others])).toBe(1);
});

test('leased and resting addresses, and those outside of the range, are not chosen', () => {
  expect(choose(all(101))).toBeNull();
  expect(choose([record(1, 0, true), ...all(101).slice(1)])).toBeNull();
  expect(choose([record(1, 0), ...all(101).slice(1)], cidr('10.42.1.4/30'))).toBeNull();
  expect(choose([...all(101).slice(0, 5), record(6, 0)], cidr('10.42.1.0/30'))).toBeNull();
});

test('the network and the broadcast address are not usable', () => {
  expect([-1, 0, 1, 6, 7].map((last) => isUsable(POOL, FIRST + last))).toEqual([false, false, true, true, false]);
});
