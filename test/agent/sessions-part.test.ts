import { expect, test } from 'vitest';
import { sessionsPart } from '../../agent/lb/sessions-part.ts';
import type { PartReport } from '../../agent/parts/part.ts';
import type { LoadBalancer } from '../../lb/index.ts';
import { DRAINING_FACT, type JsonValue, SESSIONS_FACT } from '../../model/index.ts';
import { viewOf } from '../../view/index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { snapshot } from '../view/world.ts';

const OLD = 'abcdefabcdef';
const report: PartReport = { done: () => {}, problems: () => {} };
const server = { name: '10.42.1.2:80', containerId: OLD, state: 'drain' };
const row = { pxname: 'web', svname: server.name, status: 'MAINT', scur: '2' };

/** What this host reports, second by second, while `b` drains a container. */
async function reports(
  states: readonly { readonly state: string; readonly generations: number }[],
  before: JsonValue | null,
): Promise<readonly (JsonValue | null)[]> {
  const clock = createFakeClock();
  let fact = before;
  const status = () => states[Math.floor(clock.monotonic() / 1_000)] ?? states.at(-1);
  const balancer = {
    status,
    readStat: async () => (status()?.state === 'running' ? [row] : null),
    readOldStat: async () => (status()?.generations === 2 ? [row] : []),
    component: { desired: () => ({ table: { backends: [{ name: 'web', servers: [server] }] } }) },
  } as unknown as LoadBalancer;
  const made = snapshot({});
  const hosts = [...made.hosts].map(([id, state]) => {
    const facts = id === 'b' ? new Map([[DRAINING_FACT, new Map([['', { containers: [OLD] }]])]]) : state.facts;
    return [id, { ...state, facts }] as const;
  });
  const view = () => viewOf({ ...made, hosts: new Map(hosts) }, 'a');
  const facts = {
    get: () => fact,
    set: (key: string, value: JsonValue | null) => {
      expect(key).toBe(SESSIONS_FACT);
      fact = value;
    },
  };
  const end = new AbortController();
  const life = sessionsPart({ clock, balancer, view, facts })(end.signal, report);
  const seen: (JsonValue | null)[] = [];
  for (const _ of states) {
    await clock.advance(1);
    seen.push(fact);
    await clock.advance(999);
  }
  end.abort();
  await life;
  return seen;
}

const idle = { state: 'idle', generations: 0 };
const running = { state: 'running', generations: 1 };
const reloaded = { state: 'running', generations: 2 };

test('the sessions of all workers are reported, also of those before a reload', async () => {
  expect(await reports([idle, running, reloaded, running], null)).toEqual([
    null,
    { sessions: { [OLD]: 2 } },
    { sessions: { [OLD]: 4 } },
    { sessions: { [OLD]: 2 } },
  ]);
});

test('after a start of the agent, the sessions are unknown until HAProxy is adopted, for at most 10 s', async () => {
  const earlier = { sessions: { [OLD]: 0 } };
  const unknown = { sessions: {} };
  expect((await reports([idle, idle, running], earlier)).slice(0, 3)).toEqual([
    unknown,
    unknown,
    { sessions: { [OLD]: 2 } },
  ]);
  const without = await reports(new Array(12).fill(idle), earlier);
  expect([without[9], without[10]]).toEqual([unknown, null]);
});
