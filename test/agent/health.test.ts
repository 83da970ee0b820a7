import { expect, test } from 'vitest';
import { listHealth } from '../../agent/control/health.ts';
import { type HostState, VOTE_FACTS, type Vote } from '../../model/index.ts';
import { viewOf } from '../../view/index.ts';
import { CHECK, container, declaration, host, snapshot } from '../view/world.ts';

const vote = (changes: Partial<Vote>): Vote => ({
  ...{ startedAtMs: 5, up: true, wasUp: true, sinceMs: 9, text: 'Layer4 check passed' },
  ...changes,
});

test('listHealth() gives the verdict and the votes of all checkers, the own host first', () => {
  const world = snapshot({
    hosts: ['a', 'b', 'c'].map((id) => host(id, { name: `host-${id}`, subnets: ['10.42.1.0/24'] })),
    containers: [
      container('w1', 's/web', '10.42.1.1', { hostId: 'b', startedAtMs: 5, health: 'healthy' }),
      container('d1', 's/db', '10.42.1.2', { health: 'unhealthy' }),
      container('n1', 's/none', '10.42.1.3'),
    ],
    declarations: [declaration('s/web', { healthCheck: CHECK })],
  });
  const voted = (id: string, given: Vote): [string, HostState] => {
    const state = world.hosts.get(id) as HostState;
    return [id, { ...state, facts: new Map([[VOTE_FACTS, new Map([['b/w1', given]])]]) }];
  };
  const hosts = new Map([
    voted('a', vote({ up: false, text: 'Layer4 timeout' })),
    voted('b', vote({})),
    voted('c', vote({ startedAtMs: 4 })),
  ]);
  const rows = listHealth(viewOf({ ...world, hosts }, 'a'), { turns: new Map(), nowMs: 10 });
  expect(rows.map((row) => [row.service, row.container, row.host, row.health, row.check?.port ?? null])).toEqual([
    ['db', 'd1', 'host-a', 'unhealthy', null],
    ['web', 'w1', 'host-b', 'healthy', 80],
  ]);
  expect(rows.map(({ next }) => `${next.kind}: ${next.why}`)).toEqual([
    'none: not running, or no check that Drover makes',
    'none: healthy',
  ]);
  const [db, web] = rows;
  expect(db?.votes).toEqual([]);
  expect(web?.votes[0]).toEqual({ host: 'host-b', opinion: 'up', sinceMs: 9, text: 'Layer4 check passed' });
  expect(web?.votes.toSorted((x, y) => (x.host < y.host ? -1 : 1))).toEqual([
    { host: 'host-a', opinion: 'down', sinceMs: 9, text: 'Layer4 timeout' },
    { host: 'host-b', opinion: 'up', sinceMs: 9, text: 'Layer4 check passed' },
    { host: 'host-c', opinion: 'none', sinceMs: null, text: '' },
  ]);
});
