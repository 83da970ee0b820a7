import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Action, decide, type Mark, type Target } from '../../../bus/liveness/decide.ts';
import { probedBy, probersOf, ringOf } from '../../../bus/liveness/ring.ts';

/** Simulated hosts, bus and network. Each step takes half a second, and each host sees the bus one step late. */
interface World {
  nowMs: number;
  readonly hosts: readonly string[];
  readonly off: Set<string>;
  readonly withoutBus: Set<string>;
  /** `a>b`: packets from a do not reach b. */
  readonly cut: Set<string>;
  readonly marks: Map<string, Omit<Mark, 'ageMs'>>;
  readonly heard: Map<string, number>;
  readonly seen: Map<string, { readonly revision: number; readonly atMs: number; readonly mark: Omit<Mark, 'ageMs'> }>;
  readonly holds: Map<string, number>;
  revision: number;
}

const STEP_MS = 500;

function worldOf(count: number): World {
  const hosts = Array.from({ length: count }, (_, n) => `h${n}`);
  const empty = { off: new Set<string>(), withoutBus: new Set<string>(), cut: new Set<string>() };
  return {
    nowMs: 0, hosts, ...empty, marks: new Map(), heard: new Map(), seen: new Map(), holds: new Map(), revision: 1,
  }; // biome-ignore format: one line of fields
}

function step(world: World): void {
  world.nowMs += STEP_MS;
  const awake = world.hosts.filter((host) => !world.off.has(host));
  for (const prober of awake)
    for (const probed of probedBy(prober, ringOf(world.hosts)))
      if (awake.includes(probed) && !world.cut.has(`${prober}>${probed}`)) {
        world.heard.set(`${probed}<${prober}`, world.nowMs);
        if (!world.cut.has(`${probed}>${prober}`)) world.heard.set(`${prober}<${probed}`, world.nowMs);
      }
  for (const observer of awake) {
    if (world.withoutBus.has(observer)) continue;
    for (const action of decisionsOf(world, observer)) apply(world, observer, action);
  }
  for (const observer of awake) if (!world.withoutBus.has(observer)) look(world, observer);
}

function decisionsOf(world: World, observer: string): readonly Action[] {
  const markOf = (host: string): Mark | null => {
    const seen = world.seen.get(`${observer}:${host}`);
    return seen ? { ...seen.mark, ageMs: world.nowMs - seen.atMs } : null;
  };
  const silenceOf = (host: string): number => world.nowMs - (world.heard.get(`${observer}<${host}`) ?? 0);
  const ring = ringOf(world.hosts);
  const targets = probedBy(observer, ring).map((hostId): Target => {
    const others = probersOf(hostId, ring).filter((prober) => prober !== observer);
    return {
      hostId,
      incarnation: 1,
      heardMs: world.heard.has(`${observer}<${hostId}`) ? silenceOf(hostId) : null,
      silentMs: silenceOf(hostId),
      mark: markOf(hostId),
      holdMs: Math.max(0, (world.holds.get(`${observer}:${hostId}`) ?? 0) - world.nowMs),
      otherProber: others.some((prober) => !markOf(prober) && silenceOf(prober) <= 2_500),
    };
  });
  return decide({ self: observer, targets, ownMark: markOf(observer) });
}

function apply(world: World, by: string, { kind, hostId, expect: at, ...rest }: Action): void {
  if ((world.marks.get(hostId)?.revision ?? 0) !== at) return;
  if (kind === 'clear') {
    world.marks.delete(hostId);
    return;
  }
  const incarnation = 'incarnation' in rest ? rest.incarnation : 0;
  world.revision += 1;
  const state = kind === 'suspect' ? 'suspect' : 'down';
  world.marks.set(hostId, { state, incarnation, by, revision: world.revision });
}

function look(world: World, observer: string): void {
  for (const host of world.hosts) {
    const key = `${observer}:${host}`;
    const [mark, seen] = [world.marks.get(host), world.seen.get(key)];
    if (mark && mark.revision !== seen?.revision)
      world.seen.set(key, { revision: mark.revision, atMs: world.nowMs, mark });
    if (!mark && seen) world.holds.set(key, world.nowMs + 10_000);
    if (world.heard.get(`${observer}<${host}`) === world.nowMs) world.holds.delete(key);
    if (!mark) world.seen.delete(key);
  }
}

function run(world: World, ms: number): void {
  for (const end = world.nowMs + ms; world.nowMs < end; ) step(world);
}
const down = (world: World) => [...world.marks].flatMap(([host, { state }]) => (state === 'down' ? [host] : [])).sort();

test.each([2, 3, 4, 10, 50])('of %i hosts, a dead one is marked down within 10 s, and no other', (count) => {
  for (const dead of ['h0', `h${count - 1}`]) {
    const world = worldOf(count);
    run(world, 10_000);
    world.off.add(dead);
    run(world, 10_000);
    expect(down(world)).toEqual([dead]);
    world.off.delete(dead);
    run(world, 5_000);
    expect([...world.marks]).toEqual([]);
  }
});

test.each(['h0', 'h1', 'h2'])('a host that no other host hears stays if it has the bus (%s)', (cut) => {
  const world = worldOf(3);
  run(world, 10_000);
  for (const other of world.hosts) if (other !== cut) world.cut.add(`${cut}>${other}`).add(`${other}>${cut}`);
  for (let second = 0; second < 120; second += 1) {
    run(world, 1_000);
    expect(down(world)).toEqual([]);
  }
});

test('a host that only lost the bus stays, as does one whose path to one other host is cut', () => {
  const world = worldOf(4);
  run(world, 10_000);
  world.withoutBus.add('h0');
  world.cut.add('h0>h1');
  for (let second = 0; second < 120; second += 1) {
    run(world, 1_000);
    expect(down(world)).toEqual([]);
  }
});

test('no host stays marked after any faults are over', () => {
  const fault = fc.record({
    kind: fc.constantFrom('off', 'bus', 'cut'),
    a: fc.nat(5),
    b: fc.nat(5),
    forMs: fc.integer({ min: 1, max: 30 }).map((steps) => steps * STEP_MS),
  });
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 6 }), fc.array(fault, { maxLength: 12 }), (count, faults) => {
      const world = worldOf(count);
      run(world, 5_000);
      for (const { kind, a, b, forMs } of faults) {
        if (kind === 'off') world.off.add(`h${a % count}`);
        if (kind === 'bus') world.withoutBus.add(`h${a % count}`);
        if (kind === 'cut') world.cut.add(`h${a % count}>h${b % count}`);
        run(world, forMs);
        if (forMs % 1_000 === 0) for (const set of [world.off, world.withoutBus, world.cut]) set.clear();
      }
      for (const set of [world.off, world.withoutBus, world.cut]) set.clear();
      run(world, 10_000);
      const marks = [...world.marks];
      run(world, 30_000);
      return marks.length === 0 && world.marks.size === 0;
    }),
    { numRuns: 100 },
  );
});
