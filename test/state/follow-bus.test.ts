import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bus, BusBatch } from '../../bus/index.ts';
import { createMemoryStore } from '../../bus/index.ts';
import { createStateStore, followBus } from '../../state/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import { declaration, delta, environment, factMap, host, hostFacts, wired } from './facts.ts';

const log = createLog('test', { level: 'silent', format: 'json' });
const options = { environment, hostId: 'self' };
let resources: Resources;

beforeEach(() => {
  resources = createResources();
});
afterEach(() => resources.close());

describe('followBus()', () => {
  async function* batches(...list: readonly Partial<BusBatch>[]): AsyncGenerator<BusBatch> {
    for (const batch of list) yield { synced: true, hosts: new Map(), documents: new Map(), ...batch };
  }

  test('does not change own facts, and removes facts from disk only when the bus has been read completely', async () => {
    const store = createStateStore({ mirror: null, log }, options);
    store.apply(
      delta(
        { self: hostFacts('self', 1), a: hostFacts('a', 1), old: hostFacts('old', 1) },
        { 'service/s/old': declaration('s', 'old') },
      ),
    );
    const steps: {
      readonly hosts: readonly string[];
      readonly documents: readonly string[];
      readonly complete: boolean;
    }[] = [];
    const note = () =>
      steps.push({
        hosts: [...store.current().hosts.keys()].sort(),
        documents: [...store.current().declarations.keys()].sort(),
        complete: store.current().complete,
      });
    async function* noted(): AsyncGenerator<BusBatch> {
      const document = { value: wired(declaration('s', 'new')), revision: 1 };
      yield* batches({ synced: false, hosts: new Map([['a', factMap(hostFacts('a', 2))]]) });
      note();
      yield* batches({
        hosts: new Map([['b', factMap(hostFacts('b', 1))], ['self', factMap({ host: host('self', { name: 'not by bus' }) })]]),
        documents: new Map([['service/s/new', document]]),
      }); // biome-ignore format: a table
      note();
      yield* batches({
        hosts: new Map([
          ['a', null],
          ['self', null],
        ]),
        documents: new Map([['service/s/new', null]]),
      });
      note();
    }
    await followBus(store, noted());
    expect(steps).toEqual([
      { hosts: ['a', 'old', 'self'], documents: ['s/old'], complete: false },
      { hosts: ['a', 'b', 'self'], documents: ['s/new'], complete: true },
      { hosts: ['b', 'self'], documents: [], complete: true },
    ]);
    expect(store.current().hosts.get('self')?.host?.name).toBe('self');
  });

  test('two stores on one bus reach the same picture', async () => {
    const shared = createMemoryStore({ clock: systemClock });
    resources.add('bus', () => shared.close());
    const ended = new AbortController();
    const makeHost = async (hostId: string) => {
      const bus: Bus = shared.connect({ environment: 'test' });
      const store = createStateStore({ mirror: null, log }, { environment, hostId });
      const following = followBus(store, bus.watch(ended.signal));
      resources.add('follower', async () => {
        ended.abort();
        await following;
        await bus.close();
      });
      const lease = await bus.join(hostId, ended.signal);
      store.replaceHost(hostId, factMap(hostFacts(hostId, 2)));
      await lease.publish(factMap(hostFacts(hostId, 2)));
      return { bus, store, lease };
    };
    const [a, b] = [await makeHost('a'), await makeHost('b')];
    await a.bus.put('service/s/w', wired(declaration('s', 'w')));
    await poll(
      () => [a, b].every(({ store }) => store.current().hosts.size === 2 && store.current().declarations.size === 1),
      { what: 'both hosts' },
    );
    expect(new Map([...a.store.current().hosts].sort())).toEqual(new Map([...b.store.current().hosts].sort()));
    await b.lease.close();
    await poll(() => !a.store.current().hosts.has('b'), { what: 'b to go' });
    expect([...b.store.current().hosts.keys()].sort()).toEqual(['a', 'b']);
  });
});
