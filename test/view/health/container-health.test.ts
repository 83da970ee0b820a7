import { describe, expect, test } from 'vitest';
import {
  type ComponentStatus,
  type Container,
  HEALTH_STATUS,
  type HostState,
  STATUS_FACTS,
  VOTE_FACTS,
  type Vote,
} from '../../../model/index.ts';
import { type ContainerHealth, createHealthReader, viewOf } from '../../../view/index.ts';
import { CHECK, container, declaration, host, snapshot } from '../world.ts';

const vote = (changes: Partial<Vote> = {}): Vote => ({
  ...{ startedAtMs: 5, up: true, wasUp: true, sinceMs: 9, text: 'Layer4 check passed' },
  ...changes,
});
const DOWN = vote({ up: false, text: 'Layer4 timeout' });

/** Container `w1` of service `s/web` on host `b`, with these votes by host. */
function read(votes: Readonly<Record<string, Vote>>, changes: Partial<Container> = {}, facts = {}): ContainerHealth {
  const one = container('w1', 's/web', '10.42.1.1', { hostId: 'b', startedAtMs: 5, health: 'healthy', ...changes });
  const world = snapshot({
    hosts: ['a', 'b', 'c'].map((id) => host(id, { name: `host-${id}`, subnets: ['10.42.1.0/24'] })),
    containers: [one],
    declarations: [declaration('s/web', { healthCheck: CHECK })],
  });
  const withFacts = ([id, state]: [string, HostState]): [string, HostState] => {
    const given = votes[id] ? [[VOTE_FACTS, new Map([['b/w1', votes[id]]])] as const] : [];
    const more = Object.entries(facts).map(([at, value]) => [STATUS_FACTS, at === id ? value : new Map()] as const);
    return [id, { ...state, facts: new Map([...given, ...more] as [string, Map<string, unknown>][]) }];
  };
  return createHealthReader(viewOf({ ...world, hosts: new Map([...world.hosts].map(withFacts)) }, 'a'))(one);
}

const textOf = ({ votes }: ContainerHealth): readonly string[] =>
  votes.map(({ host: at, by, opinion, text }) =>
    [at, ...(by === 'docker' ? [by] : []), opinion, text].join(' ').trim(),
  );

describe('createHealthReader()', () => {
  test('gives what each host that checks the container says, its own first', () => {
    const { votes, check } = read({ a: DOWN, b: vote(), c: vote({ startedAtMs: 4 }) }, { ofDocker: null });
    expect(check).toEqual(CHECK);
    expect(votes[0]).toEqual({
      host: 'host-b',
      by: 'drover',
      opinion: 'up',
      sinceMs: 9,
      text: 'Layer4 check passed',
    });
    expect(votes.slice(1)).toEqual(
      expect.arrayContaining([
        { host: 'host-a', by: 'drover', opinion: 'down', sinceMs: 9, text: 'Layer4 timeout' },
        { host: 'host-c', by: 'drover', opinion: 'none', sinceMs: null, text: '' },
      ]),
    );
    const agreed = read({ b: vote(), c: vote() }, { ofDocker: null });
    expect(textOf(agreed).toSorted()).toEqual([
      'host-a reserve',
      'host-b up Layer4 check passed',
      'host-c up Layer4 check passed',
    ]);
  });

  test.each<[Container['health'], Container['ofDocker'], string[]]>([
    ['healthy', undefined, ['host-b docker up']],
    ['initializing', undefined, ['host-b docker waiting']],
    ['unhealthy', undefined, ['host-b docker down']],
    ['healthy', 'unhealthy', ['host-b docker down']],
    ['unhealthy', null, []],
    [null, undefined, []],
  ])('health %s and %s of Docker: %s', (health, ofDocker, expected) => {
    const docker = textOf(read({}, { health, ofDocker })).filter((line) => line.includes('docker'));
    expect(docker).toEqual(expected);
  });

  test('names the reason of a host that does not vote', () => {
    const problem = { subject: 'health checks', what: 'most checks of this host failed at once', hint: '' };
    const status: ComponentStatus = { component: HEALTH_STATUS, state: 'failing', problems: [problem], sinceMs: 1 };
    const told = (state: ComponentStatus['state']) =>
      textOf(read({ b: vote() }, { ofDocker: null }, { c: new Map([[HEALTH_STATUS, { ...status, state }]]) }));
    expect(told('failing')).toContain('host-c none most checks of this host failed at once');
    expect(told('ok')).toContain('host-c none');
  });

  test('a service without a check is judged by Docker alone, a standalone container by its own labels', () => {
    const view = viewOf(snapshot({}), 'a');
    const of = (one: Container) => createHealthReader(view)(one);
    expect(of(container('d1', 's/db', '10.42.1.2', { health: 'healthy' }))).toMatchObject({
      check: null,
      votes: [{ host: 'a', by: 'docker' }],
    });
    const labels = { 'drover.health.port': '80' };
    const alone = of(container('n1', null, '10.42.1.3', { labels }));
    expect([alone.check?.port, textOf(alone)]).toEqual([80, ['a none']]);
    expect(of(container('n2', 's/none', '10.42.1.4'))).toEqual({ check: null, votes: [], sinceMs: null });
  });

  test.each<[string, Container['health'], Readonly<Record<string, Vote>>, number | null]>([
    ['the first that says so', 'healthy', { a: vote({ sinceMs: 20 }), b: vote({ sinceMs: 10 }), c: DOWN }, 10],
    [
      'the last that says so',
      'unhealthy',
      { a: { ...DOWN, sinceMs: 20 }, b: { ...DOWN, sinceMs: 30 }, c: vote({ up: false, wasUp: false, sinceMs: 99 }) },
      30,
    ],
    ['its start', 'initializing', {}, 5],
    ['unknown, as Docker does not tell', 'healthy', {}, null],
    ['unknown without a result', null, {}, null],
  ])('since %s', (_what, health, votes, expected) => {
    expect(read(votes, { health }).sinceMs).toBe(expected);
  });
});
