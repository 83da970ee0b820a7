import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createVotePublisher } from '../../agent/health/vote-publisher.ts';
import { createHostFacts } from '../../facts/index.ts';
import { createReserve, createVotes, type Opinion, VOTE_PREFIX } from '../../healthcheck/index.ts';
import { type Vote, verdictOf } from '../../model/index.ts';
import { target } from '../healthcheck/target.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { testLog } from '../support/test-log.ts';

const HOSTS = ['a', 'b', 'c'] as const;
type HostId = (typeof HOSTS)[number];
/** `a` and `b` always vote about it, `c` is the reserve. */
const WEB = target('web', { intervalMs: 2_000, responseTimeoutMs: 2_000 });
const CONTAINER = { health: null, wasReady: true, startCount: 1, startedAtMs: WEB.startedAtMs };
const SETTLED_MS = 6_000;

/** Three hosts that check one container, and a bus that takes 100 ms. */
function startHosts() {
  const clock = createFakeClock(0);
  /** As every host sees them. */
  const seen = new Map<HostId, Vote>();
  const opinions = new Map<HostId, Opinion>();
  const health: (string | null)[] = [];
  let writes = 0;
  const publishers = new Map(HOSTS.map((hostId) => [hostId, start(hostId)]));

  function start(hostId: HostId) {
    const facts = createHostFacts({ log: testLog('facts') });
    facts.onChange((changes) => {
      writes += 1;
      for (const vote of changes.values()) void deliver(hostId, vote as Vote | null);
    });
    const publisher = createVotePublisher({
      votes: createVotes(facts.part([VOTE_PREFIX])),
      checker: {
        setTargets: () => {},
        votes: () => new Map([...opinions].flatMap(([id, opinion]) => (id === hostId ? [['web', opinion]] : []))),
        isWithheld: () => false,
        status: () => ({ state: 'connected', able: true, suspended: false, restarts: 0, problems: [] }),
      },
      hostId,
      checksSinceMs: 2,
      reserve: createReserve(clock, (id) => publisher.update([id])),
      others: ({ voters }) => voters.flatMap((id) => seen.get(id as HostId) ?? []),
    });
    publisher.setTargets([WEB]);
    return publisher;
  }
  async function deliver(from: HostId, vote: Vote | null): Promise<void> {
    await clock.sleep(100);
    if (vote) seen.set(from, vote);
    else seen.delete(from);
    const verdict = verdictOf(CONTAINER, [...seen.values()]).health;
    if (verdict !== health.at(-1)) health.push(verdict);
    for (const publisher of publishers.values()) publisher.othersVoted(['web']);
  }
  return {
    clock,
    health,
    seen,
    /** What a host finds out from now on. */
    finds: (hostId: HostId, up: boolean) => {
      const wasUp = up || (opinions.get(hostId)?.wasUp ?? false);
      opinions.set(hostId, { startedAtMs: WEB.startedAtMs, up, wasUp, sinceMs: clock.now(), text: '' });
      publishers.get(hostId)?.update(['web']);
    },
    /** The verdict if every host voted. */
    ofAll: () => verdictOf(CONTAINER, opinions.values().toArray()).health,
    writes: () => {
      const since = writes;
      writes = 0;
      return since;
    },
  };
}

const order = fc.shuffledSubarray([...HOSTS], { minLength: HOSTS.length });
const gapMs = fc.integer({ min: 0, max: 1_000 });

test('a change that all hosts see costs two writes and one new verdict, in any order', async () => {
  const hosts = startHosts();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ order, gapMs, up: fc.boolean() }), { maxLength: 8 }), async (changes) => {
      for (const [at, change] of [{ order: HOSTS, gapMs: 0, up: true }, ...changes].entries()) {
        const verdicts = hosts.health.length;
        for (const hostId of change.order) {
          hosts.finds(hostId, change.up);
          await hosts.clock.advance(change.gapMs);
        }
        await hosts.clock.advance(SETTLED_MS);
        const writes = hosts.writes();
        if (at === 0) continue;
        expect(writes).toBeLessThanOrEqual(2);
        expect(hosts.health.length - verdicts).toBeLessThanOrEqual(1);
        expect(hosts.seen.has('c')).toBe(false);
      }
    }),
    { numRuns: 40, seed: 1 },
  );
});

test('whatever the hosts find out, the verdict becomes that of all three', async () => {
  const step = fc.record({
    hostId: fc.constantFrom(...HOSTS),
    up: fc.boolean(),
    waitMs: fc.integer({ max: 8_000, min: 0 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const hosts = startHosts();
      for (const { hostId, up, waitMs } of steps) {
        hosts.finds(hostId, up);
        await hosts.clock.advance(waitMs);
      }
      await hosts.clock.advance(SETTLED_MS);
      expect(hosts.health.at(-1)).toBe(hosts.ofAll());
    }),
    { numRuns: 60, seed: 2 },
  );
});

test('HC-32: the reserve votes while it alone reaches the container, and ends it when the others agree', async () => {
  const hosts = startHosts();
  for (const id of HOSTS) hosts.finds(id, true);
  await hosts.clock.advance(SETTLED_MS);
  hosts.finds('a', false);
  hosts.finds('b', false);
  await hosts.clock.advance(SETTLED_MS);
  expect(hosts.seen.get('c')?.up).toBe(true);
  // What is not true any more is not said any longer.
  hosts.finds('c', false);
  await hosts.clock.advance(200);
  expect(hosts.seen.has('c')).toBe(false);
  hosts.finds('c', true);
  await hosts.clock.advance(SETTLED_MS);
  hosts.finds('b', true);
  await hosts.clock.advance(1_000);
  expect(hosts.seen.get('c')?.up).toBe(true);
  await hosts.clock.advance(SETTLED_MS);
  expect(hosts.seen.has('c')).toBe(false);
  expect(hosts.health).toEqual(['healthy', 'unhealthy', 'healthy', 'unhealthy', 'healthy']);
});
