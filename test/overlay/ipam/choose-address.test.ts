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
  const chosen = chooseAddress({ pool: POOL, range, records, restedBeforeMs: 100 });
  return chosen && (chosen.rested ? chosen.address - FIRST : `${chosen.address - FIRST} unrested`);
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

test('if none has rested, the one that was freed first is chosen', () => {
  expect(choose(all(101))).toBe('1 unrested');
  expect(choose([...all(105).slice(1), record(1, 106)])).toBe('2 unrested');
  expect(choose([record(1, 0, true), ...all(101).slice(1)])).toBe('2 unrested');
});

test('leased addresses and those outside of the range are not chosen', () => {
  expect(choose([1, 2, 3, 4, 5, 6].map((last) => record(last, 0, true)))).toBeNull();
  expect(choose([record(1, 0), ...all(101).slice(1)], cidr('10.42.1.4/30'))).toBe('4 unrested');
  expect(
    choose([record(1, 0, true), record(2, 0, true), record(3, 0, true), record(4, 0)], cidr('10.42.1.0/30')),
  ).toBeNull();
});

test('the network and the broadcast address are not usable', () => {
  expect([-1, 0, 1, 6, 7].map((last) => isUsable(POOL, FIRST + last))).toEqual([false, false, true, true, false]);
});
