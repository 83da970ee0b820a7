import { expect, test } from 'vitest';
import { createRecognition } from '../../recognition/index.ts';
import { viewOf } from '../../view/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { at, BRIDGE, container, snapshot } from '../view/world.ts';

const ADDRESS = '172.17.0.5';
const OTHER = '172.17.0.6';
const asker = container('c1', 's/web', null, { addresses: [at(BRIDGE, ADDRESS)] });

function start(identify: (address: string) => Promise<boolean>) {
  const clock = createFakeClock();
  let view = viewOf(snapshot({}), 'a');
  let holds = 0;
  const inspected: string[] = [];
  const listeners = new Set<() => void>();
  const recognition = createRecognition(
    {
      view: () => view,
      onViewChange: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      clock,
      identify: (address) => {
        inspected.push(address);
        return identify(address);
      },
    },
    { holdMs: 250, onHold: () => (holds += 1) },
  );
  const see = () => {
    view = viewOf(snapshot({ containers: [asker] }), 'a', view);
    for (const listener of listeners) listener();
  };
  return { recognition, clock, see, inspected, holds: () => holds, listeners };
}

const never = () => new Promise<boolean>(() => {});

test('a known address, and one outside the networks of this host, are answered at once', () => {
  const { recognition, see, inspected } = start(never);
  see();
  expect(recognition.who(ADDRESS)).toMatchObject({ id: 'c1' });
  expect(recognition.who('192.0.2.1')).toBeNull();
  expect(recognition.known('192.0.2.1')).toBeNull();
  expect(recognition.known(OTHER)).toBeUndefined();
  expect(inspected).toEqual([]);
});

test('requests of an unknown local address wait for the view and share one inspection', async () => {
  const { recognition, see, inspected, holds, listeners } = start(never);
  const waiting = [recognition.who(ADDRESS), recognition.who(ADDRESS)];
  see();
  expect(await Promise.all(waiting)).toMatchObject([{ id: 'c1' }, { id: 'c1' }]);
  expect(listeners.size).toBe(0);
  expect(inspected).toEqual([ADDRESS]);
  expect(holds()).toBe(2);
});

test.each([
  ['the inspection finds no container', async () => false],
  ['the inspection fails', () => Promise.reject(new Error('no agent'))],
])('the wait ends at once when %s', async (_what, identify) => {
  const { recognition } = start(identify);
  expect(await recognition.who(ADDRESS)).toBeNull();
});

test('an inspection that says yes waits for the view to follow', async () => {
  const { recognition, clock, see } = start(async () => true);
  const waiting = recognition.who(ADDRESS);
  await clock.advance(20);
  see();
  expect(await waiting).toMatchObject({ id: 'c1' });
});

test('after the hold time the request is answered as one of no container, and the next one inspects again', async () => {
  const { recognition, clock, inspected } = start(never);
  const waiting = recognition.who(ADDRESS);
  await clock.advance(249);
  expect(await Promise.race([waiting, 'waits'])).toBe('waits');
  await clock.advance(1);
  expect(await waiting).toBeNull();
  void recognition.who(ADDRESS);
  expect(inspected).toEqual([ADDRESS, ADDRESS]);
});

test('at most 1,000 addresses wait', () => {
  const { recognition, inspected } = start(never);
  for (let n = 0; n < 1_000; n += 1)
    expect(recognition.who(`172.17.${1 + (n >> 8)}.${n & 255}`)).toBeInstanceOf(Promise);
  expect(recognition.who('172.17.9.9')).toBeNull();
  expect(inspected).toHaveLength(1_000);
});
