import { describe, expect, test } from 'vitest';
import { createInFlight } from '../../../dns/upstream/in-flight.ts';
import { createSlots } from '../../../dns/upstream/slots.ts';

describe('createSlots(): an asker with many queries cannot take the slots of others', () => {
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

  test('when all slots are taken, the asker with the most queries loses its oldest, until all have the same number', () => {
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

describe('createInFlight() sends identical queries once', () => {
  const setUp = () => {
    const slots = createSlots({ total: 3, anAsker: 3 });
    const inFlight = createInFlight<string>({ slots });
    const sent: { reply: (result: string | null) => void; ended: boolean }[] = [];
    const send = () => {
      const { promise, resolve } = Promise.withResolvers<string | null>();
      const query = { reply: resolve, ended: false };
      sent.push(query);
      const end = () => {
        query.ended = true;
        resolve(null);
      };
      return { result: promise, end };
    };
    return { slots, inFlight, sent, send };
  };

  test('all askers get the result, and their slots are freed', async () => {
    const { slots, inFlight, sent, send } = setUp();
    const waiting = ['a', 'b', 'c'].map((asker) => inFlight.join('key', asker, send));
    expect([sent.length, slots.taken(), inFlight.has('key')]).toEqual([1, 3, true]);
    expect(await inFlight.join('key', 'a', send)).toBeNull();
    sent[0]?.reply('it');
    expect(await Promise.all(waiting)).toEqual(['it', 'it', 'it']);
    expect([slots.taken(), inFlight.has('key'), sent[0]?.ended]).toEqual([0, false, false]);
  });

  test('a query ends when no asker waits for it', async () => {
    const { inFlight, sent, send } = setUp();
    const flooded = ['1', '2', '3'].map((key) => inFlight.join(key, 'flood', send));
    const other = inFlight.join('4', 'other', send);
    expect(await flooded[0]).toBeNull();
    expect(sent.map(({ ended }) => ended)).toEqual([true, false, false, false]);
    sent[3]?.reply('it');
    expect(await other).toBe('it');
    inFlight.close();
    expect(await Promise.all(flooded)).toEqual([null, null, null]);
  });
});
