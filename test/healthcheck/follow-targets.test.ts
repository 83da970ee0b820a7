import { expect, test } from 'vitest';
import { createTargetFollower } from '../../healthcheck/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import { CHECK, container, declaration, host, snapshot, type World } from '../view/world.ts';

const hosts = ['a', 'b'].map((id) => host(id, { subnets: ['10.42.1.0/24'] }));
const declarations = [declaration('s/web', { healthCheck: CHECK }), declaration('s/db', { healthCheck: CHECK })];
const web = container('w1', 's/web', '10.42.1.1', { startedAtMs: 1 });
const db = container('d1', 's/db', '10.42.1.2', { startedAtMs: 1 });
const side = container('x1', 's/side', null, { startedAtMs: 1, networkMode: 'container', networkFrom: 'w1' });

/** The targets after each world, followed step by step and from scratch. */
function walk(...worlds: readonly World[]) {
  const follow = createTargetFollower();
  let view: HostView | undefined;
  return worlds.map((world) => {
    view = viewOf(snapshot({ hosts, declarations, ...world }), 'a', view);
    const targets = follow(view);
    expect(targets).toEqual(createTargetFollower()(view));
    return targets;
  });
}

test('targets follow containers, starts, checks, hosts and shared networks, and stay identical otherwise', () => {
  const [first, same, started, stopped, changed] = walk(
    { containers: [web, db] },
    { containers: [web, { ...db, health: 'unhealthy' }] },
    { containers: [{ ...web, startedAtMs: 2 }, db] },
    { containers: [{ ...web, state: 'stopped' }, db] },
    { containers: [web, db], declarations: [declaration('s/web', { healthCheck: { ...CHECK, port: 81 } })] },
  );
  expect(first?.map(({ containerId, address, port }) => [containerId, address, port])).toEqual([
    ['d1', '10.42.1.2', 80],
    ['w1', '10.42.1.1', 80],
  ]);
  expect(same).toBe(first);
  expect(started?.find(({ containerId }) => containerId === 'w1')?.startedAtMs).toBe(2);
  expect(stopped?.map(({ containerId }) => containerId)).toEqual(['d1']);
  expect(changed?.map(({ containerId, port }) => [containerId, port])).toEqual([['w1', 81]]);
});

test('a container that shares the network of another one is checked at its address', () => {
  const sides = { declarations: [declaration('s/side', { healthCheck: CHECK })] };
  const moved = container('w1', 's/web', '10.42.1.9', { startedAtMs: 1 });
  const [first, second] = walk({ containers: [web, side], ...sides }, { containers: [moved, side], ...sides });
  expect(first?.map(({ address }) => address)).toEqual(['10.42.1.1']);
  expect(second?.map(({ address }) => address)).toEqual(['10.42.1.9']);
});

test('another host takes over what a host that is gone has checked', () => {
  const many = Array.from({ length: 30 }, (_, n) =>
    container(`m${n}`, 's/web', `10.42.2.${n + 1}`, { hostId: 'b', startedAtMs: 1 }),
  );
  const named = ['a', 'b', 'c', 'd', 'e'].map((id) => host(id, { subnets: ['10.42.1.0/24'] }));
  const [all, left] = walk(
    { containers: many, hosts: named },
    { containers: many, hosts: named.filter(({ id }) => id !== 'e') },
  );
  expect(all?.length).toBeGreaterThan(5);
  expect(left?.length).toBeGreaterThan(all?.length ?? 0);
  const placed = (list: typeof all) => list?.map(({ containerId }) => containerId);
  expect(placed(left)).toEqual(expect.arrayContaining(placed(all) ?? []));
  // Two hosts always vote about each, and the next one of its checkers moves up.
  for (const { voters } of left ?? []) expect([voters[0], voters.length]).toEqual(['b', 2]);
  const reserves = (list: typeof all) => list?.filter(({ voters }) => !voters.includes('a')).length ?? 0;
  expect(reserves(all)).toBeGreaterThan(0);
  const [only] = walk({ containers: many, hosts: named.filter(({ id }) => 'ab'.includes(id)) });
  expect([only?.length, reserves(only)]).toEqual([many.length, 0]);
});
