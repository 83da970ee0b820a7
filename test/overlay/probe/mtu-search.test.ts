import { expect, test } from 'vitest';
import { createRandom } from '../../support/random.ts';
import { all, below, none, simulatePath } from './simulated-path.ts';

test('Q11 the MTU of a path is found at every underlay from 1280 to 9000', () => {
  for (const underlay of [1280, 1400, 1420, 1492, 1500, 4000, 8900, 9000]) {
    const path = simulatePath({ mtu: 8_950 });
    path.setPasses(below(underlay - 50), all);
    path.run(6);
    // A multiple of 16, because tunnels pad.
    expect(path.a().mtu).toBe(underlay === 9000 ? 8_950 : underlay - 50 - ((underlay - 50) % 16));
    expect(path.b().mtu).toBe(8_950);
  }
});

test('Q11 an MTU between the common ones is rounded down; one below all of them gives the smallest', () => {
  const path = simulatePath();
  path.setPasses(below(1_445), all);
  path.run(6);
  expect(path.a().mtu).toBe(1_440);
  path.setPasses(below(600), all);
  path.run(20);
  expect(path.a().mtu).toBe(1_216);
});

test('Q11 a path that shrinks is noticed within 12 intervals, and one that grows again within 70', () => {
  const path = simulatePath();
  path.run(20);
  expect(path.a().mtu).toBe(1_450);
  path.setPasses(below(1_350), all);
  path.run(12);
  expect(path.a()).toMatchObject({ mtu: 1_344, state: 'up' });
  path.setPasses(all, all);
  path.run(70);
  expect(path.a().mtu).toBe(1_450);
});

test('Q11 the MTU is found within 6 intervals when the tunnel changes, and when the peer was away', () => {
  const path = simulatePath();
  path.run(300);
  for (const mtu of [1_420, 1_440, 1_450]) {
    path.changeTunnelOfA(mtu);
    path.run(6);
    expect(path.a().mtu).toBe(mtu);
    path.forgetB();
    path.run(6);
    expect(path.a().mtu).toBe(mtu);
  }
});

test('Q11 an outage says nothing about sizes, whenever it begins and ends', () => {
  const path = simulatePath();
  const random = createRandom(1);
  path.run(10);
  for (let n = 0; n < 300; n += 1) {
    path.setPasses(none, all);
    path.run(1 + random.below(9));
    expect(path.a().mtu).toBe(1_450);
    path.setPasses(all, all);
    path.run(1 + random.below(9));
    expect(path.a().mtu).toBe(1_450);
  }
});

test('Q11 one packet in ten that is lost does not lower the MTU', () => {
  const random = createRandom(5);
  for (let n = 0; n < 50; n += 1) {
    const path = simulatePath();
    path.run(5);
    path.setPasses(
      () => random.below(10) > 0,
      () => random.below(10) > 0,
    );
    path.run(60);
    expect(path.a().mtu ?? 0).toBeGreaterThanOrEqual(1_424);
  }
});
