import { expect, test } from 'vitest';
import { createRandom } from '../../support/random.ts';
import { all, below, none, simulatePath } from './simulated-path.ts';

test('Q21 a path is unknown at first, up after two intervals, and silent if nothing ever arrives', () => {
  const path = simulatePath();
  expect(path.a()).toMatchObject({ state: 'unknown', rttMs: null, lossIn: null, lossOut: null, lastSeenAtMs: null });
  path.run(2);
  expect([path.a().state, path.b().state]).toEqual(['up', 'up']);
  const dead = simulatePath();
  dead.setPasses(none, none);
  dead.run(2);
  expect(dead.a()).toMatchObject({ state: 'unknown', lossIn: null });
  dead.run(3);
  expect(dead.a()).toMatchObject({ state: 'silent', lossIn: 1, lossOut: null, lastSeenAtMs: null });
});

test('Q21 the round trip is that of the path, without the time that the peer holds a beat', () => {
  const path = simulatePath({ delayMs: 30 });
  path.run(10);
  expect(path.a().rttMs).toBeCloseTo(60, 0);
  expect(path.b().rttMs).toBeCloseTo(60, 0);
});

test('Q21 both ends of a path that carries packets in one direction only name the direction', () => {
  const path = simulatePath();
  path.run(5);
  path.setPasses(all, none);
  path.run(6);
  // A hears nothing; B hears A, and learns from its beats that A does not hear B.
  expect(path.a()).toMatchObject({ state: 'silent' });
  expect(path.b()).toMatchObject({ state: 'unheard', lossOut: 1, lossIn: 0 });
  path.setPasses(none, all);
  path.run(6);
  expect(path.a()).toMatchObject({ state: 'unheard', lossOut: 1 });
  expect(path.b()).toMatchObject({ state: 'silent' });
  path.setPasses(all, all);
  path.run(3);
  expect([path.a().state, path.b().state]).toEqual(['up', 'up']);
});

test('Q21 loss is counted for each direction, and forgotten after the window', () => {
  const path = simulatePath();
  const random = createRandom(3);
  path.setPasses(() => random.below(4) > 0, all);
  path.run(64);
  expect(path.b().lossIn).toBeGreaterThan(0.1);
  expect(path.b().lossIn).toBeLessThan(0.45);
  expect(path.a().lossOut).toBeCloseTo(path.b().lossIn ?? 0, 1);
  expect(path.a().lossIn).toBe(0);
  path.setPasses(all, all);
  path.run(33);
  expect([path.a().lossOut, path.b().lossIn]).toEqual([0, 0]);
  path.setPasses(none, all);
  path.run(10);
  // 9 of the last 32 are missing; one more may still be on its way.
  expect(path.b().lossIn).toBeCloseTo(9 / 32, 1);
});

test('Q3 a peer that starts again stays up, and its loss and round trip are those of its new start', () => {
  const path = simulatePath();
  path.setPasses(all, below(0));
  path.run(3);
  path.setPasses(all, all);
  path.run(3);
  path.restartB();
  for (let n = 0; n < 5; n += 1) {
    path.run(1);
    expect(path.a().state).toBe('up');
  }
  expect(path.a().lossIn).toBe(0);
  expect(path.b()).toMatchObject({ state: 'up', lossIn: 0, lossOut: 0 });
  expect(path.b().rttMs).toBeCloseTo(40, 0);
});
