import { expect, test } from 'vitest';
import { publishedPart } from '../../agent/lb/published-part.ts';
import type { PartReport } from '../../agent/parts/part.ts';
import { type Container, type JsonValue, PUBLISHED_FACT } from '../../model/index.ts';
import { viewOf } from '../../view/index.ts';
import { rulesOf, tableFrom } from '../lb/table/table-world.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { container, snapshot, type World } from '../view/world.ts';

const report: PartReport = { done: () => {}, problems: () => {} };
const NOW = 1_700_000_000_000;
const RULE = '[80,"exact","x.com",null,null]';
const X = { 'drover.lb.host': 'x.com' };

function published(id: string, service: string, changes: Partial<Container> = {}): Container {
  const exposed = [{ port: 80, protocol: 'tcp' as const }];
  return container(id, service, '10.42.1.9', { createdAtMs: NOW, labels: X, exposed, ...changes });
}

/** The agents of hosts `a` and `b`; each step gives the containers that there are from then on. */
function startHosts() {
  const clock = createFakeClock(NOW);
  const facts: Record<string, Record<string, JsonValue>> = {};
  let world: World = {};
  const start = (hostId: string): AbortController => {
    const end = new AbortController();
    const part = {
      get: () => facts[hostId]?.[PUBLISHED_FACT] ?? null,
      set: (key: string, value: JsonValue | null) => {
        expect(key).toBe(PUBLISHED_FACT);
        facts[hostId] = value === null ? {} : { [key]: value };
      },
    };
    const view = () => viewOf(snapshot({ ...world, facts }), hostId);
    void publishedPart({ clock, view, facts: part })(end.signal, report);
    return end;
  };
  const agents = new Map([...'ab'].map((id) => [id, start(id)] as const));
  const at = async (next: World, ms = 1_000): Promise<void> => {
    world = next;
    await clock.advance(ms);
  };
  return {
    at,
    containers: (containers: readonly Container[], ms?: number) => at({ containers }, ms),
    since: (hostId: string): unknown => facts[hostId]?.[PUBLISHED_FACT] ?? null,
    owner: () => rulesOf(tableFrom({ ...world, facts }))[0],
    restart: (hostId: string) => {
      agents.get(hostId)?.abort();
      agents.set(hostId, start(hostId));
    },
    forget: (hostId: string) => {
      agents.get(hostId)?.abort();
      facts[hostId] = {};
    },
  };
}

test('the first owner of a rule keeps it when its containers are replaced, also over a short time without one and a restart of the agent', async () => {
  const hosts = startHosts();
  const intruder = published('i', 's/new', { createdAtMs: NOW - 10 });
  await hosts.containers([published('1', 's/old', { createdAtMs: NOW - 50 }), intruder]);
  expect(hosts.owner()).toBe('x.com -> s/old');
  await hosts.containers([intruder]);
  await hosts.containers([published('2', 's/old'), intruder]);
  expect(hosts.owner()).toBe('x.com -> s/old');
  hosts.restart('a');
  await hosts.containers([published('3', 's/old'), intruder]);
  expect(hosts.owner()).toBe('x.com -> s/old');
  expect(hosts.since('a')).toEqual({ since: { [`s/old ${RULE}`]: NOW - 50, [`s/new ${RULE}`]: NOW - 10 } });
  expect(hosts.since('b')).toBeNull();
});

test('after ten minutes without a container, the other one has the rule for good', async () => {
  const hosts = startHosts();
  const other = published('i', 's/new', { createdAtMs: NOW - 10 });
  await hosts.containers([published('1', 's/old', { createdAtMs: NOW - 50 }), other]);
  await hosts.containers([other], 700_000);
  expect(hosts.since('a')).toEqual({ since: { [`s/new ${RULE}`]: NOW - 10 } });
  await hosts.containers([published('2', 's/old', { createdAtMs: NOW + 700_000 }), other]);
  expect(hosts.owner()).toBe('x.com -> s/new');
});

test('a service that moves to another host takes its age along', async () => {
  const hosts = startHosts();
  const other = published('i', 's/new', { createdAtMs: NOW - 10 });
  await hosts.containers([published('1', 's/old', { createdAtMs: NOW - 50 }), other]);
  const moved = published('2', 's/old', { hostId: 'b' });
  await hosts.containers([moved, other]);
  expect(hosts.since('b')).toEqual({ since: { [`s/old ${RULE}`]: NOW - 50 } });
  hosts.forget('a');
  await hosts.containers([moved, other]);
  expect(hosts.owner()).toBe('x.com -> s/old');
});

test('the age is that of the rule: an old service does not get a rule that a younger one has had longer', async () => {
  const hosts = startHosts();
  const first = published('1', 's/first', { createdAtMs: NOW - 10 });
  const old = published('2', 's/old', { createdAtMs: NOW - 90, labels: { 'drover.lb.host': 'y.com' } });
  await hosts.containers([first, old]);
  const both = { 'drover.lb.a.host': 'y.com', 'drover.lb.b.host': 'x.com' };
  await hosts.containers([first, old, published('3', 's/old', { labels: both })]);
  expect(hosts.owner()).toBe('x.com -> s/first');
});

test('nothing is reported before all facts are known', async () => {
  const hosts = startHosts();
  await hosts.at({ containers: [published('1', 's/old')], complete: false });
  expect(hosts.since('a')).toBeNull();
});
