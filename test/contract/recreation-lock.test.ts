import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { type Bus, createEmbeddedBus, createMemoryStore } from '../../bus/index.ts';
import { createRecreationLock, listTurns } from '../../healthcheck/recreate/lock.ts';
import { defaultBudgetSettings } from '../../healthcheck/recreate/restart-budget.ts';
import type { Turn } from '../../healthcheck/recreate/turn.ts';
import { systemClock } from '../../system/index.ts';
import { consulDriver } from '../support/consul-store.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { testLog } from '../support/test-log.ts';
import type { BusDriver } from './bus.ts';
import { contractFixture, facts } from './bus-fixture.ts';

const HOSTS = ['alpha', 'beta', 'gamma'];
const timing = { settleMs: 5_000, leaseExpiryMs: 5_000 };
/** Rounds without a pause, so that hosts take turn after turn. */
const SETTINGS = { ...defaultBudgetSettings, minMs: 0, maxMs: 0 };

const lockOf = (bus: Bus, hostId: string, isLive: (hostId: string) => boolean = () => true) =>
  createRecreationLock({ documents: bus, clock: systemClock, hostId, isLive }, SETTINGS);

const request = (container: string, isExclusive = true) => ({
  service: 'shop/web',
  container,
  createdAtMs: systemClock.now(),
  isExclusive,
  healthySinceMs: null as number | null,
});

const yes = () => true;
const kindOf = async (turn: Promise<Turn>) => (await turn).kind;

/** The agreement on recreations, on every bus that hosts can share. */
function recreationLockContract(name: string, driver: BusDriver): void {
  describe(`recreation lock: ${name}`, () => {
    const { it } = contractFixture(driver);

    it('never two containers of a service at once, and each gets its turn', async ({ host }) => {
      let holders = 0;
      const turns = HOSTS.map(async (hostId) => {
        const lock = lockOf(await host(), hostId);
        for (let round = 0; round < 3; round += 1) {
          await poll(async () => (await kindOf(lock.begin(request(`web-${hostId}`), yes))) === 'go', { what: hostId });
          holders += 1;
          expect(holders).toBe(1);
          await systemClock.sleep(5);
          holders -= 1;
          await lock.end(request(`web-${hostId}`), 'healthy');
        }
      });
      await Promise.all(turns);
    });

    it('the health is judged again once the turn is taken, and the turn is given back', async ({ host }) => {
      const [alpha, beta] = [lockOf(await host(), 'alpha'), lockOf(await host(), 'beta')];
      expect(await kindOf(alpha.begin(request('web-1'), () => false))).toBe('wait');
      expect(await kindOf(beta.begin(request('web-2'), yes))).toBe('go');
      expect(await alpha.begin(request('web-1'), yes)).toMatchObject({
        kind: 'wait',
        why: 'web-2 is being recreated',
      });
      // Asking again for a turn that one has.
      expect(await kindOf(beta.begin(request('web-2'), yes))).toBe('go');
      // The same host, another container; another service.
      expect(await kindOf(beta.begin(request('web-3'), yes))).toBe('wait');
      expect(await kindOf(alpha.begin({ ...request('db-1'), service: 'shop/db' }, yes))).toBe('go');
    });

    it('without a quorum, hosts recreate at the same time', async ({ host }) => {
      const [alpha, beta] = [lockOf(await host(), 'alpha'), lockOf(await host(), 'beta')];
      expect(await kindOf(alpha.begin(request('web-1', false), yes))).toBe('go');
      expect(await kindOf(beta.begin(request('web-2', false), yes))).toBe('go');
    });

    it('a roll waits for another host, and other hosts wait for it; it costs no budget', async ({ host }) => {
      const [alpha, beta] = [lockOf(await host(), 'alpha'), lockOf(await host(), 'beta')];
      const of = (container: string) => ({ service: 'shop/web', container });
      expect(await kindOf(alpha.begin(request('web-1'), yes))).toBe('go');
      expect(await beta.beginRoll(of('web-2'))).toMatchObject({ kind: 'wait', why: 'web-1 is being recreated' });
      // This host knows what it recreates: a turn of its own is one of an earlier agent.
      expect(await kindOf(alpha.beginRoll(of('web-3')))).toBe('go');
      expect(await kindOf(beta.begin(request('web-2'), yes))).toBe('wait');
      await alpha.end(of('web-3'), 'undone');
      for (let failures = 0; failures < 3; failures += 1) await beta.end(of('web-2'), 'failed');
      expect(await kindOf(beta.begin(request('web-2'), yes))).toBe('stopped');
      expect(await kindOf(beta.beginRoll(of('web-2')))).toBe('go');
    });

    it('an agent that starts again ends the turns of the earlier one, and only those', async ({ host }) => {
      const [alpha, beta] = [lockOf(await host(), 'alpha'), lockOf(await host(), 'beta')];
      await alpha.begin(request('web-1'), yes);
      await beta.begin({ ...request('db-1'), service: 'shop/db' }, yes);
      await lockOf(await host(), 'alpha').endOwn();
      expect(await kindOf(beta.begin(request('web-2'), yes))).toBe('go');
      expect(await kindOf(alpha.begin({ ...request('db-2'), service: 'shop/db' }, yes))).toBe('wait');
    });

    it('failures of all hosts stop the recreation on all hosts, until a container becomes healthy', async ({
      host,
    }) => {
      for (const hostId of HOSTS) {
        const lock = lockOf(await host(), hostId);
        expect(await kindOf(lock.begin(request(`web-${hostId}`), yes))).toBe('go');
        await lock.end(request(`web-${hostId}`), 'failed');
      }
      const lock = lockOf(await host(), 'delta');
      expect(await lock.begin(request('web-4'), yes)).toMatchObject({
        kind: 'stopped',
        problem: { subject: 'service shop/web', what: expect.stringContaining('the last 3 new ones') },
      });
      const longHealthy = { ...request('web-4'), healthySinceMs: systemClock.now() - 60_000 };
      expect(await kindOf(lock.begin(longHealthy, yes))).toBe('stopped');
      const repaired = { ...request('web-4'), healthySinceMs: systemClock.now() + 1 };
      expect(await kindOf(lock.begin(repaired, yes))).toBe('go');
    });

    it('a document that cannot be read is overwritten, and the names of services may have any characters', async ({
      host,
    }) => {
      const bus = await host();
      await bus.put('recreate/shop/web', { holder: 'nonsense' });
      expect(await kindOf(lockOf(bus, 'alpha').begin(request('web-1'), yes))).toBe('go');
      const odd = { ...request('odd', false), service: 'My Sh\u00f6p/w?b' };
      expect(await kindOf(lockOf(bus, 'alpha').begin(odd, yes))).toBe('go');
      expect([...(await listTurns(bus)).keys()].sort()).toEqual([odd.service, 'shop/web']);
    });

    it(
      'the turn of a host whose lease has ended is free, and its late end changes nothing',
      async ({ host, store, observe, settled, signal }) => {
        const [a, b] = [await host(), await host()];
        const lease = await a.join('alpha', signal);
        await lease.publish(facts({ host: { id: 'alpha' } }));
        const observer = observe(b);
        await settled('alpha', () => observer.hosts.has('alpha'));
        const alpha = lockOf(a, 'alpha');
        const beta = lockOf(b, 'beta', (hostId) => observer.hosts.has(hostId));
        await alpha.begin(request('web-1'), yes);
        expect(await kindOf(beta.begin(request('web-2'), yes))).toBe('wait');
        await store().expireLease('contract', 'alpha');
        await settled('the end of its lease', () => !observer.hosts.has('alpha'));
        expect(await kindOf(beta.begin(request('web-2'), yes))).toBe('go');
        await alpha.end(request('web-1'), 'undone');
        expect(await kindOf(alpha.begin(request('web-1'), yes))).toBe('wait');
      },
      { hosts: 'many', fault: 'expireLease' },
    );
  });
}

recreationLockContract('memory', {
  capabilities: { hosts: 'many', faults: ['expireLease'] },
  timing,
  create: async (resources) => {
    const store = createMemoryStore({ clock: systemClock });
    resources.add('the memory store', () => store.close());
    return {
      connect: async (environment) => store.connect({ environment }),
      expireLease: async (environment, hostId) => store.expireLease(environment, hostId),
    };
  },
});

recreationLockContract('embedded', {
  capabilities: { hosts: 1, faults: [] },
  timing,
  create: async (resources) => {
    const dir = await mkdtemp(join(tmpdir(), 'drover-lock-'));
    resources.add(dir, () => rm(dir, { recursive: true }));
    return {
      connect: async (environment) =>
        createEmbeddedBus({ clock: systemClock, log: testLog('bus') }, { path: join(dir, 'bus.db'), environment }),
    };
  },
});

const resources = createResources();
afterAll(() => resources.close());
recreationLockContract('consul', consulDriver(resources));
