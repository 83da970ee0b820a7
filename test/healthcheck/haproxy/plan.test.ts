import { expect, test } from 'vitest';
import { type Change, type Observed, plan } from '../../../healthcheck/haproxy/plan.ts';
import { type Server, serverFor } from '../../../healthcheck/haproxy/server.ts';
import { createRandom } from '../../support/random.ts';
import { target } from '../target.ts';

const NOTHING: Observed = { backends: new Set(), servers: new Map() };

function server(id: string, responseTimeoutMs = 200, requestLine: string | null = null): Server {
  const found = serverFor(target(id, { responseTimeoutMs, requestLine }));
  if (!found.ok) throw new Error(found.problem.what);
  return found.value;
}

function apply(observed: Observed, changes: readonly Change[]): Observed {
  let backends = new Set(observed.backends);
  const servers = new Map(observed.servers);
  for (const change of changes) {
    if (change.kind === 'restart') {
      backends = new Set(change.backends.map(({ name }) => name));
      servers.clear();
    } else if (change.kind === 'remove') servers.delete(change.name);
    else servers.set(change.server.name, change.server.backend.name);
  }
  return { backends, servers };
}

const show = (changes: readonly Change[]): readonly string[] =>
  changes.map((change) => {
    if (change.kind === 'restart') return `restart ${change.backends.map(({ name }) => name).join(' ')}`;
    if (change.kind === 'remove') return `remove ${change.backend}/${change.name.split('_')[0]}`;
    return `add ${change.server.backend.name}/${change.server.name.split('_')[0]}`;
  });

test('plan() restarts for a backend that HAProxy does not have, and adds every server again', () => {
  const before = apply(NOTHING, plan([server('a')], NOTHING));
  expect(show(plan([server('b', 300), server('a')], before))).toEqual([
    'restart tcp_200 tcp_300',
    'add tcp_200/a',
    'add tcp_300/b',
  ]);
});

test('plan() adds and removes servers of known backends without a restart', () => {
  const before = apply(NOTHING, plan([server('a'), server('b'), server('c', 300)], NOTHING));
  expect(show(plan([server('b'), server('d')], before))).toEqual([
    'remove tcp_200/a',
    'remove tcp_300/c',
    'add tcp_200/d',
  ]);
  expect(show(plan([], before))).toEqual(['remove tcp_200/a', 'remove tcp_200/b', 'remove tcp_300/c']);
});

test('plan() replaces a server whose check differs', () => {
  const before = apply(NOTHING, plan([server('a', 200, 'GET /x')], NOTHING));
  const changes = show(plan([server('a', 200, 'GET /y')], before));
  expect(changes.map((change) => change.split(' ')[0])).toEqual(['remove', 'add']);
});

test('applying a plan leaves nothing to plan, in any order of servers, along a random walk', () => {
  const random = createRandom(7);
  const all = Array.from({ length: 24 }, (_, n) => server(`c${n}`, 200 + (n % 4), n % 3 ? null : `GET /${n}`));
  let observed = NOTHING;
  for (let step = 0; step < 200; step += 1) {
    const desired = random.some(all, 0, all.length);
    const changes = plan(desired, observed);
    expect(plan(random.some(desired, desired.length, desired.length), observed)).toEqual(changes);
    observed = apply(observed, changes);
    expect(plan(desired, observed)).toEqual([]);
    expect([...observed.servers.keys()].toSorted()).toEqual(desired.map(({ name }) => name).toSorted());
  }
});
