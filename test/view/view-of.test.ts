import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withChangedIdentity } from '../../cli/server/rehearsal.ts';
import { type Container, ShardedMap, type Snapshot } from '../../model/index.ts';
import { differences, findService, type HostView, viewOf } from '../../view/index.ts';
import { anyContainer, anyStep, apply, made } from './steps.ts';
import { container, declaration, host, links, snapshot } from './world.ts';

/** Everything a view says, without how it is cut up. */
function plain(view: HostView): unknown {
  const entries = <V>(map: ReadonlyMap<string, V>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const { names, managed, declared, local, ...rest } = view.index;
  return {
    stacks: [...view.stacks].map(([key, stack]) => [key, stack.name, [...stack.services]]),
    names: entries(names),
    managed: entries(managed),
    declared: entries(declared),
    local: [...local].sort(([a], [b]) => (a < b ? -1 : 1)),
    ...rest,
  };
}

describe('viewOf()', () => {
  test('after any sequence of changes equals a full build', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 30 }), fc.boolean(), (steps, sharded) => {
        let now: Snapshot = sharded ? { ...snapshot({}), hosts: ShardedMap.empty(4) } : snapshot({});
        let view = viewOf(now, 'a');
        for (const step of steps) {
          now = apply(now, step);
          view = viewOf(now, 'a', view);
          expect(plain(view)).toEqual(plain(viewOf(now, 'a')));
        }
      }),
      { numRuns: 150 },
    );
  });

  test('of a snapshot with a container of another identity is equal, and differs from the view before', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 12 }), (steps) => {
        const now = steps.reduce(apply, snapshot({}));
        const view = viewOf(now, 'a');
        const again = viewOf(withChangedIdentity(now), 'a', view);
        expect(plain(again)).toEqual(plain(view));
        const found = differences(view, again);
        const hasContainers = [...now.hosts.values()].some(({ containers }) => containers.size > 0);
        expect(found !== 'everything' && [...found].some((key) => key.startsWith('container:'))).toBe(hasContainers);
      }),
      { numRuns: 100 },
    );
  });

  test('does not depend on the order of the input', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyContainer, { selector: ({ id, hostId }) => id + hostId }),
        fc.nat(),
        (given, seed) => {
          const containers = given.map(made);
          const shuffled = [...containers].sort((x, y) => hash(x.id + x.hostId, seed) - hash(y.id + y.hostId, seed));
          expect(plain(viewOf(snapshot({ containers: shuffled }), 'a'))).toEqual(
            plain(viewOf(snapshot({ containers }), 'a')),
          );
        },
      ),
    );
  });

  test('shares unchanged parts', () => {
    const containers = [container('c1', 's/web', '10.42.1.1'), container('c2', 't/db', '10.42.2.1', { hostId: 'b' })];
    const before = viewOf(snapshot({ containers }), 'a');
    const after = viewOf(apply(before.snapshot, { kind: 'drop', hostId: 'b', id: 'c2' }), 'a', before);
    expect(after.stacks.get('s')).toBe(before.stacks.get('s'));
    expect(after.index.local).toBe(before.index.local);
    expect(after.stacks.has('t')).toBe(false);
  });

  test('another host or another primary service of a sidekick causes a full build', () => {
    const containers = [container('c1', 's/log', '10.42.1.1')];
    const world = snapshot({ containers, declarations: [declaration('s/web', { sidekicks: ['log'] })] });
    const before = viewOf(world, 'b');
    expect(plain(viewOf(world, 'a', before))).toEqual(plain(viewOf(world, 'a')));
    const moved = snapshot({ containers, declarations: [declaration('s/db', { sidekicks: ['log'] })] });
    expect(plain(viewOf(moved, 'b', before))).toEqual(plain(viewOf(moved, 'b')));
    const undeclared = { ...world, declarations: new Map() };
    expect(findService(viewOf(undeclared, 'b', before), 's/log')).not.toBeNull();
  });

  test('a service exists while it is declared or has a container in any state', () => {
    const stopped = container('c1', 's/web', null, { state: 'stopped' });
    const view = viewOf(
      snapshot({ containers: [stopped], declarations: [declaration('s/alias', { links: links('s/x') })] }),
      'a',
    );
    expect([...(view.stacks.get('s')?.services.keys() ?? [])]).toEqual(['alias', 'web']);
    const gone = viewOf(apply(view.snapshot, { kind: 'drop', hostId: 'a', id: 'c1' }), 'a', view);
    expect([...(gone.stacks.get('s')?.services.keys() ?? [])]).toEqual(['alias']);
  });
});

test('one change among 20,000 containers on 1,000 hosts costs far less than building everything', () => {
  const hosts = Array.from({ length: 1000 }, (_, n) =>
    host(`h${n}`, { address: `192.0.${n >> 8}.${n & 255}`, subnets: [`10.${42 + (n >> 8)}.${n & 255}.0/24`] }),
  );
  const containers = Array.from({ length: 20_000 }, (_, n) => {
    const at = n % 1000;
    const address = `10.${42 + (at >> 8)}.${at & 255}.${2 + Math.floor(n / 1000)}`;
    return container(`c${n}`, `stack${n % 200}/svc${n % 2000}`, address, { hostId: `h${at}`, serviceIndex: n });
  });
  const world = snapshot({ hosts, containers });
  const fullMs = measure(5, () => viewOf(world, 'h0'));
  const before = viewOf(world, 'h0');
  const changed = Array.from({ length: 50 }, (_, n) =>
    apply(world, { kind: 'put', made: { ...(containers[n * 7] as Container), state: 'stopping' } }),
  );
  const stepMs = measure(50, (n) => viewOf(changed[n] as Snapshot, 'h0', before));
  console.info(
    `full build ${fullMs.toFixed(1)} ms, one change ${stepMs.toFixed(3)} ms: ${(fullMs / stepMs).toFixed(0)} x`,
  );
  expect(fullMs / stepMs).toBeGreaterThan(20);
});

/** Median of `runs`, in milliseconds. */
function measure(runs: number, work: (run: number) => unknown): number {
  const times = Array.from({ length: runs }, (_, run) => {
    const start = performance.now();
    work(run);
    return performance.now() - start;
  });
  return times.sort((x, y) => x - y)[Math.floor(runs / 2)] as number;
}

function hash(text: string, seed: number): number {
  return [...text].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0) + seed) % 1009, 7);
}
