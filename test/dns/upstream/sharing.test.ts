import { describe, expect, test } from 'vitest';
import { createAlarms } from '../../../dns/upstream/alarms.ts';
import { createFlights } from '../../../dns/upstream/flights.ts';
import { createSlots } from '../../../dns/upstream/slots.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

describe('slots: who asks much cannot take the places of others', () => {
  test('an asker has its limit', () => {
    const slots = createSlots({ total: 100, anAsker: 3 });
    const taken = Array.from({ length: 5 }, () => slots.take('a', () => undefined));
    expect(taken.map((free) => free !== null)).toEqual([true, true, true, false, false]);
    taken[0]?.();
    taken[0]?.();
    expect([slots.take('a', () => undefined), slots.take('a', () => undefined)].map((free) => free !== null)).toEqual([
      true,
      false,
    ]);
    expect([slots.taken(), slots.refused()]).toEqual([3, 3]);
  });

  test('when all are taken, the oldest question of whoever has most makes room, until all have the same', () => {
    const slots = createSlots({ total: 10, anAsker: 10 });
    const displaced: string[] = [];
    const ask = (asker: string, n: number) => slots.take(asker, () => void displaced.push(`${asker}${n}`)) !== null;
    for (let n = 0; n < 10; n += 1) ask('flood', n);
    expect(ask('flood', 10)).toBe(false);
    const got = Array.from({ length: 8 }, (_, n) => ask('other', n));
    expect(got).toEqual([true, true, true, true, true, false, false, false]);
    expect(displaced).toEqual(['flood0', 'flood1', 'flood2', 'flood3', 'flood4']);
    expect(ask('third', 0)).toBe(true);
    expect(slots.taken()).toBe(10);
  });
});

describe('flights: the same question is asked once', () => {
  const setUp = () => {
    const slots = createSlots({ total: 3, anAsker: 3 });
    const flights = createFlights<string>({ slots });
    const launched: { land: (result: string | null) => void; ended: boolean }[] = [];
    const launch = () => {
      const { promise, resolve } = Promise.withResolvers<string | null>();
      const flight = { land: resolve, ended: false };
      launched.push(flight);
      const end = () => {
        flight.ended = true;
        resolve(null);
      };
      return { result: promise, end };
    };
    return { slots, flights, launched, launch };
  };

  test('all who wait get the result, and their places back', async () => {
    const { slots, flights, launched, launch } = setUp();
    const waiting = ['a', 'b', 'c'].map((asker) => flights.join('key', asker, launch));
    expect([launched.length, slots.taken(), flights.has('key')]).toEqual([1, 3, true]);
    expect(await flights.join('key', 'a', launch)).toBeNull();
    launched[0]?.land('it');
    expect(await Promise.all(waiting)).toEqual(['it', 'it', 'it']);
    expect([slots.taken(), flights.has('key'), launched[0]?.ended]).toEqual([0, false, false]);
  });

  test('nobody waits any more: it ends', async () => {
    const { flights, launched, launch } = setUp();
    const flooded = ['1', '2', '3'].map((key) => flights.join(key, 'flood', launch));
    const other = flights.join('4', 'other', launch);
    expect(await flooded[0]).toBeNull();
    expect(launched.map(({ ended }) => ended)).toEqual([true, false, false, false]);
    launched[3]?.land('it');
    expect(await other).toBe('it');
    flights.close();
    expect(await Promise.all(flooded)).toEqual([null, null, null]);
  });
});

describe('alarms', () => {
  test('ring once, not before their time and not 10 ms after; those called off not at all', async () => {
    const clock = createFakeClock();
    const stop = new AbortController();
    const alarms = createAlarms({ clock }, stop.signal);
    const rung: [number, number][] = [];
    for (const ms of [0, 1, 5, 10, 11, 25, 1_000]) alarms.in(ms, () => void rung.push([ms, clock.monotonic()]));
    alarms.in(7, () => void rung.push([-1, 0])).cancel();
    expect(clock.sleepers()).toBeLessThanOrEqual(5);
    await clock.advance(2_000);
    expect(rung).toHaveLength(7);
    for (const [due, at] of rung) expect(at - due >= 0 && at - due < 10).toBe(true);
    alarms.in(10, () => void rung.push([-1, 0]));
    stop.abort();
    await clock.advance(100);
    expect(rung).toHaveLength(7);
  });
});
