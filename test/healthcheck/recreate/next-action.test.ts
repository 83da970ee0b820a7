import { expect, test } from 'vitest';
import { nextAction } from '../../../healthcheck/recreate/next-action.ts';
import { subjectsOn } from '../../../healthcheck/recreate/subject.ts';
import { newTurn, type TurnDocument } from '../../../healthcheck/recreate/turn-document.ts';
import { type Container, type HostState, VOTE_FACTS, type Vote } from '../../../model/index.ts';
import { viewOf } from '../../../view/index.ts';
import { CHECK, container, declaration, host, snapshot } from '../../view/world.ts';

const NOW = 1_000_000;
const SERVICE = 's/web';
const LATER = { initializingTimeoutMs: 30_000 };
const QUORUM = { strategy: 'recreateOnQuorum', recreateOnQuorum: 2 } as const;

const turns = (changes: Partial<TurnDocument> = {}) => new Map([[SERVICE, { ...newTurn, ...changes }]]);
const budget = (changes: Partial<TurnDocument['budget']>) => turns({ budget: { ...newTurn.budget, ...changes } });
const vote = (up: boolean, sinceMs: number): Vote => ({ startedAtMs: 5, up, wasUp: up, sinceMs, text: '' });

/** Two hosts with a container each; `web-1` on host a is the one that is asked for. */
function world(check: Partial<typeof CHECK>, first: Partial<Container>, second: Partial<Container> = {}) {
  const made = (id: string, changes: Partial<Container>) =>
    container(id, SERVICE, null, { startedAtMs: 5, createdAtMs: 4, ...changes });
  const base = snapshot({
    hosts: [host('a'), host('b')],
    containers: [made('web-1', first), made('web-2', { hostId: 'b', health: 'healthy', ...second })],
    declarations: [declaration(SERVICE, { healthCheck: { ...CHECK, ...check } })],
  });
  const votes = { a: { 'a/web-1': vote(false, NOW - 10_000) }, b: { 'b/web-2': vote(true, NOW - 5_000) } };
  const hosts = new Map(
    [...base.hosts].map(([id, state]): [string, HostState] => [
      id,
      { ...state, facts: new Map([[VOTE_FACTS, new Map(Object.entries(votes[id as 'a' | 'b']))]]) },
    ]),
  );
  return viewOf({ ...base, hosts }, 'a');
}

type Turns = Parameters<typeof nextAction>[2];

test.each<[string, ReturnType<typeof world>, Turns, string]>([
  ['healthy', world({ strategy: 'recreate' }, { health: 'healthy' }), turns(), 'none, null: healthy'],
  ['no strategy', world({}, { health: 'unhealthy' }), turns(), 'none, null: strategy none'],
  ['no result', world({ strategy: 'recreate' }, {}), turns(), 'none, null: no result yet'],
  ['unhealthy', world({ strategy: 'recreate' }, { health: 'unhealthy' }), turns(), 'recreate, null: unhealthy'],
  ['the first time', world({ strategy: 'recreate' }, { health: 'unhealthy' }), new Map(), 'recreate, null: unhealthy'],
  [
    'initializing, counted from its first vote and not from its start',
    world({ strategy: 'recreate', ...LATER }, { health: 'initializing' }),
    turns(),
    `recreate, ${NOW + 20_000}: initializing`,
  ],
  [
    'never ready, by a check of Docker',
    world({ strategy: 'recreate' }, { health: 'unhealthy', wasReady: false, startCount: 2 }),
    turns(),
    'none, null: reinitializing, without a timeout',
  ],
  ['below the quorum', world(QUORUM, { health: 'unhealthy' }), turns(), 'wait, null: 1 of 2 healthy, quorum 2'],
  [
    'a container of another host has the turn',
    world({ ...QUORUM, recreateOnQuorum: 1 }, { health: 'unhealthy' }),
    turns({ holder: { hostId: 'b', container: 'web-3' } }),
    'wait, null: web-3 is being recreated',
  ],
  [
    'a host that is gone had the turn',
    world({ ...QUORUM, recreateOnQuorum: 1 }, { health: 'unhealthy' }),
    turns({ holder: { hostId: 'c', container: 'web-3' } }),
    'recreate, null: unhealthy',
  ],
  [
    'recreated a short time ago',
    world({ strategy: 'recreate' }, { health: 'unhealthy', createdAtMs: NOW - 1_000 }),
    budget({ rounds: 1, roundAtMs: NOW - 2_000 }),
    `wait, ${NOW + 8_000}: recreated a short time ago`,
  ],
  [
    'new containers failed',
    world({ strategy: 'recreate' }, { health: 'unhealthy' }),
    budget({ failures: 3, failedAtMs: NOW - 4_000 }),
    'stopped, null: 3 new containers in a row did not become healthy',
  ],
  [
    'new containers failed, and this one is one of them',
    world({ strategy: 'recreate' }, { health: 'initializing' }),
    budget({ failures: 3, failedAtMs: NOW - 4_000 }),
    'stopped, null: 3 new containers in a row did not become healthy',
  ],
  [
    'new containers failed, and another one became healthy after that',
    world({ strategy: 'recreate' }, { health: 'unhealthy' }),
    budget({ failures: 3, failedAtMs: NOW - 6_000 }),
    'recreate, null: unhealthy',
  ],
  ['no bus', world({ strategy: 'recreate' }, { health: 'unhealthy' }), null, 'wait, null: the bus does not answer'],
  [
    'stopped',
    world({ strategy: 'recreate' }, { health: 'unhealthy', state: 'stopped' }),
    turns(),
    'none, null: not running, or no check that Drover makes',
  ],
])('nextAction() with %s', (_title, view, agreed, expected) => {
  const asked = view.snapshot.hosts.get('a')?.containers.get('web-1') as Container;
  const { kind, why, atMs } = nextAction(view, asked, agreed, NOW);
  expect(`${kind}, ${atMs}: ${why}`).toBe(expected);
});

test('subjectsOn() gives the faulty containers of this host alone, and a container without a service is one of its own', () => {
  const labels = { 'drover.health.port': '80', 'drover.health.strategy': 'recreate' };
  const view = viewOf(
    snapshot({
      containers: [
        container('own', 's/web', null, { health: 'unhealthy', labels }),
        container('other', 's/web', null, { health: 'unhealthy', labels, hostId: 'b' }),
        container('fine', 's/db', null, { health: 'healthy', labels }),
        container('alone', null, null, { health: 'unhealthy', labels }),
        container('unlabelled', null, null, { health: 'unhealthy' }),
      ],
    }),
    'a',
  );
  expect(subjectsOn(view).map(({ request }) => `${request.service} ${request.container}`)).toEqual([
    's/web own',
    'a/alone alone',
  ]);
});
