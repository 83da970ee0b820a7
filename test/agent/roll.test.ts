import { describe, expect, test } from 'vitest';
import { createDrain, drainTimeoutOf } from '../../agent/roll/drain.ts';
import { otherHosts } from '../../agent/roll/other-hosts.ts';
import { whenReady } from '../../agent/roll/when-ready.ts';
import {
  type Container,
  DRAINING_FACT,
  type JsonValue,
  type LoadBalancerConfig,
  NO_BALANCER_OPTIONS,
  SESSIONS_FACT,
} from '../../model/index.ts';
import { createClaims } from '../../replacement/index.ts';
import { viewOf } from '../../view/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { CHECK, container, declaration, snapshot, type World } from '../view/world.ts';

const viewIn = (world: World) => viewOf(snapshot(world), 'a');
const { signal } = new AbortController();

/** Reports of load balancers: host -> short id of a container -> sessions. */
type Reports = Readonly<Record<string, Readonly<Record<string, number>>>>;

function draining(web: Container, options: { readonly timeoutMs: number }) {
  const clock = createFakeClock();
  let reports: Reports = {};
  const told: (number | string)[] = [];
  const stored = new Map<string, JsonValue | null>();
  const view = () => {
    const made = snapshot({ containers: [web] });
    const hosts = [...made.hosts].map(([id, state]) => {
      const own = reports[id];
      const facts = own ? new Map([[SESSIONS_FACT, new Map([['', { sessions: own }]])]]) : state.facts;
      return [id, { ...state, facts }] as const;
    });
    return viewOf({ ...made, hosts: new Map(hosts) }, 'a');
  };
  const source = {
    retire: () => {
      told.push('stopping');
      return () => void told.push('as it is');
    },
  };
  const facts = {
    get: (key: string) => stored.get(key) ?? null,
    set: (key: string, value: JsonValue | null) => void stored.set(key, value),
  };
  const drain = createDrain({ clock, view, source, facts, drainTimeoutMs: 0 });
  const onSessions = (sessions: number) => void told.push(sessions);
  let isOver = false;
  const life = drain.drain(web.id, { ...options, onSessions }, signal).then(() => {
    isOver = true;
  });
  return {
    told,
    release: drain.release,
    announced: () => stored.get(DRAINING_FACT) ?? null,
    endsAfter: async (ms: number, now: Reports = reports): Promise<boolean> => {
      reports = now;
      await clock.advance(ms);
      if (isOver) await life;
      return isOver;
    },
  };
}

const WEB = container('abcdefabcdef0123', 'shop/web', '10.42.1.2', { health: 'healthy' });
const ID = 'abcdefabcdef';

describe('drain()', () => {
  test('waits until each load balancer reports that it has no session', async () => {
    const { endsAfter, told, announced, release } = draining(WEB, { timeoutMs: 60_000 });
    expect(await endsAfter(5_000, { a: {}, b: { [ID]: 2 } })).toBe(false);
    expect(announced()).toEqual({ containers: [ID] });
    expect(await endsAfter(1_000, { a: { [ID]: 0 }, b: { [ID]: 1 } })).toBe(false);
    expect(await endsAfter(1_000, { a: { [ID]: 0 }, b: {} })).toBe(false);
    expect(await endsAfter(1_000, { a: { [ID]: 0 }, b: { [ID]: 0 } })).toBe(true);
    expect(announced()).toBeNull();
    release();
    expect(told).toEqual(['stopping', 2, 1, 0, 'as it is']);
  });

  test('without a load balancer it takes 2 s, and with sessions at most the timeout', async () => {
    const alone = draining(WEB, { timeoutMs: 60_000 });
    expect(await alone.endsAfter(1_900)).toBe(false);
    expect(await alone.endsAfter(100)).toBe(true);
    const busy = draining(WEB, { timeoutMs: 15_000 });
    expect(await busy.endsAfter(14_900, { b: { [ID]: 1 } })).toBe(false);
    expect(await busy.endsAfter(100)).toBe(true);
    const short = draining(WEB, { timeoutMs: 0 });
    expect(await short.endsAfter(0)).toBe(true);
  });

  test('a container that gets no traffic is not waited for', async () => {
    for (const state of ['paused', 'stopped'] as const) {
      const { endsAfter, announced } = draining({ ...WEB, state }, { timeoutMs: 60_000 });
      expect(await endsAfter(0)).toBe(true);
      expect(announced()).toBeNull();
    }
  });
});

test('drainTimeoutOf() is that of the service, else the longest of its load balancers, else that of the host', () => {
  const balancer = (name: string, service: string, drainTimeoutMs: number | null) =>
    declaration(`edge/${name}`, {
      kind: 'loadBalancerService',
      lbConfig: {
        portRules: [{ service }],
        options: { ...NO_BALANCER_OPTIONS, drainTimeoutMs },
      } as unknown as LoadBalancerConfig,
    });
  const balancers = [
    balancer('a', 'shop/Web', 3_000),
    balancer('b', 'shop/web', 4_000),
    balancer('c', 'shop/db', 9_000),
  ];
  const of = (declarations: World['declarations'] = []) => drainTimeoutOf(viewIn({ declarations }), 'shop/web', 15_000);
  expect(of()).toBe(15_000);
  expect(of([balancer('a', 'shop/web', null)])).toBe(15_000);
  expect(of(balancers)).toBe(4_000);
  expect(of([...balancers, declaration('shop/web', { options: { drain_timeout_ms: 1_000 } })])).toBe(1_000);
});

const LABEL = 'com.docker.compose.image';

test('otherHosts() counts running containers of another image on other hosts', () => {
  const web = (id: string, changes: Partial<Container>) => container(id, 'shop/web', null, { hostId: 'b', ...changes });
  const of = (...containers: readonly Container[]) =>
    otherHosts(viewIn({ containers }), 'shop/web', { images: [{ image: 'app', imageId: 'new' }], startedAtMs: 100 });
  expect(of(web('1', { image: 'app', labels: { [LABEL]: 'old' }, createdAtMs: 200 }))).toEqual([
    { host: 'b', containers: 1 },
  ]);
  expect(
    of(web('1', { image: 'app', labels: { [LABEL]: 'new' } }), web('2', { image: 'app', createdAtMs: 200 })),
  ).toEqual([]);
  expect(of(web('1', { image: 'app', createdAtMs: 50 }), web('2', { image: 'other', createdAtMs: 200 }))).toEqual([
    { host: 'b', containers: 2 },
  ]);
  expect(of(web('1', { image: 'other', hostId: 'a' }), web('2', { image: 'other', state: 'stopped' }))).toEqual([]);
});

describe('whenReady()', () => {
  const CHECKED = [declaration('shop/web', { healthCheck: CHECK })];
  const waiting = (at: (ms: number) => Partial<Container> | null) => {
    const clock = createFakeClock();
    const view = () => {
      const changes = at(clock.monotonic());
      const containers = changes ? [container('new', 'shop/web', '10.42.1.3', changes)] : [];
      return viewIn({ containers, declarations: CHECKED });
    };
    const outcome = whenReady({ clock, view }, { id: 'new', timeoutMs: 5_000 }, signal).then(
      () => `ready at ${clock.monotonic()}`,
      (error: Error) => error.message,
    );
    return async (): Promise<string> => {
      await clock.advance(10_000);
      return outcome;
    };
  };
  test.each<[string, (ms: number) => Partial<Container> | null, RegExp]>([
    ['it is reported late', (ms) => (ms < 1_000 ? null : { health: 'healthy' }), /^ready at 2000$/],
    ['its check fails once', (ms) => ({ health: ms === 500 ? 'unhealthy' : 'healthy' }), /^ready at 1550$/],
    ['its check never passes', () => ({ health: 'initializing', wasReady: false }), /after 5000 ms: initializing$/],
    ['nothing checks it', () => ({ health: null }), /after 5000 ms: unchecked$/],
    ['it ends', () => ({ state: 'stopped', exit: { code: 3, atMs: 0 } }), /ended with exit status 3$/],
    ['Docker starts it again', () => ({ health: 'healthy', startCount: 2 }), /has ended$/],
    ['it is never reported', () => null, /Docker has not reported it$/],
  ])('%s', async (_title, at, expected) => {
    expect(await waiting(at)()).toMatch(expected);
  });
});

test('a roll has its service for itself, and recreations share theirs', () => {
  const claims = createClaims();
  const first = claims.claim('recreation', 'shop/web');
  first?.replaces('1');
  const second = claims.claim('recreation', 'shop/web');
  expect(claims.claim('roll', 'shop/web')).toBeNull();
  expect(claims.claim('roll', 'shop/db')).not.toBeNull();
  expect([claims.isReplacing('1'), claims.isReplacing('2')]).toEqual([true, false]);
  for (const one of [first, second]) one?.end();
  expect(claims.isReplacing('1')).toBe(false);
  const roll = claims.claim('roll', 'shop/web');
  expect(roll).not.toBeNull();
  expect([claims.claim('roll', 'shop/web'), claims.claim('recreation', 'shop/web')]).toEqual([null, null]);
});
