import { expect, test } from 'vitest';
import { followVerdicts } from '../../agent/health/verdict-log.ts';
import { type Container, type HostState, VOTE_FACTS, type Vote } from '../../model/index.ts';
import type { StateStore } from '../../state/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import { CHECK, container, declaration, host, snapshot } from '../view/world.ts';

type StateListener = Parameters<StateStore['subscribe']>[0];

const WEB = container('w1', 's/web', '10.42.1.1', { startedAtMs: 5 });
const DOWN: Vote = { startedAtMs: 5, up: false, wasUp: true, sinceMs: 9, text: 'Layer4 timeout' };

function viewWith(containers: readonly Container[], vote: Vote | null = null): HostView {
  const world = snapshot({
    hosts: ['a', 'b'].map((id) => host(id, { name: `host-${id}`, subnets: ['10.42.1.0/24'] })),
    containers,
    declarations: [declaration('s/web', { healthCheck: CHECK })],
  });
  const voted = new Map([...world.hosts].map(([id, state]): [string, HostState] => {
    const facts = new Map(vote && id === 'b' ? [[VOTE_FACTS, new Map([['a/w1', vote]])]] : []);
    return [id, { ...state, facts }];
  })); // biome-ignore format: one step a line
  return viewOf({ ...world, hosts: voted }, 'a');
}

/** What is logged while the view changes from one to the next. */
function logged(...views: readonly HostView[]) {
  const lines: (readonly [fields: unknown, message: string])[] = [];
  const log = { info: (fields: object, message: string) => void lines.push([fields, message]) };
  let view = views[0] as HostView;
  const listeners = new Set<StateListener>();
  const store = {
    subscribe: (listener: StateListener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const end = new AbortController();
  const counts = followVerdicts({ store, view: () => view, log: log as never }, end.signal);
  for (view of views) for (const listener of listeners) listener(view.snapshot);
  end.abort();
  expect(listeners.size).toBe(0);
  return { lines, counts: Object.fromEntries(counts) };
}

test('a change of health is logged once, with the votes that led to it', () => {
  const healthy = viewWith([{ ...WEB, health: 'healthy' }]);
  const unhealthy = viewWith([{ ...WEB, health: 'unhealthy', ofDocker: null }], DOWN);
  const fields = { container: 'w1', stack: 's', service: 'web', from: 'healthy', to: 'unhealthy' };
  const votes = ['host-a: no result yet', 'host-b: down (Layer4 timeout)'];
  const { lines, counts } = logged(healthy, unhealthy, unhealthy, viewWith([{ ...WEB, health: 'unhealthy' }], DOWN));
  expect(lines).toEqual([[{ ...fields, votes }, 'the health of a container changed']]);
  expect(counts).toEqual({ unhealthy: 1 });
});

test.each<[string, Partial<Container>, Partial<Container> | null, string[]]>([
  ['the first result of a new container', { health: 'initializing' }, { health: 'healthy' }, ['healthy']],
  ['a restart', { health: 'healthy' }, { health: 'reinitializing' }, ['reinitializing']],
  ['the first result', { health: null }, { health: 'healthy' }, ['healthy']],
  ['no result yet', { health: null }, { health: 'initializing' }, []],
  ['a stop', { health: 'healthy' }, { health: null, state: 'stopped' }, []],
  ['what Docker says about a stopped one', { health: 'healthy' }, { health: 'unhealthy', state: 'stopped' }, []],
  ['no result any more', { health: 'healthy' }, { health: null }, ['unchecked']],
  ['a container that goes', { health: 'healthy' }, null, []],
  ['a container of another host', { hostId: 'b', health: 'healthy' }, { hostId: 'b', health: 'unhealthy' }, []],
])('%s', (_what, before, after, expected) => {
  const then = after === null ? [] : [{ ...WEB, ...after }];
  const { lines } = logged(viewWith([{ ...WEB, ...before }]), viewWith(then));
  expect(lines.map(([fields]) => (fields as { to: string }).to)).toEqual(expected);
});
