import { afterEach, beforeEach, test } from 'vitest';
import { createPublisher, type Publisher } from '../../agent/bus/publisher.ts';
import { type Bus, createMemoryStore, type FactMap, type Lease, type MemoryStore } from '../../bus/index.ts';
import type { JsonValue } from '../../model/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { poll } from '../support/poll.ts';

const log = createLog('test', { level: 'silent', format: 'json' });
let store: MemoryStore;
let bus: Bus;
let facts: FactMap | null;
let stop: AbortController;

beforeEach(() => {
  store = createMemoryStore({ clock: systemClock });
  bus = store.connect({ environment: 'test' });
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  await bus.close();
  await store.close();
});

/** What somebody who comes now sees of host `a`; null: nothing. */
async function look(): Promise<Record<string, JsonValue> | null> {
  const other = store.connect({ environment: 'test' });
  try {
    for await (const { hosts } of other.watch(stop.signal)) {
      const seen = hosts.get('a');
      return seen ? Object.fromEntries(seen) : null;
    }
    return null;
  } finally {
    await other.close();
  }
}

function start(join: Bus['join'] = bus.join): Publisher {
  const publisher = createPublisher({ bus: { join }, facts: () => facts, clock: systemClock, log }, { hostId: 'a' });
  void publisher.run(stop.signal, { done: () => {}, problems: () => {} });
  return publisher;
}
const sees = (expected: Record<string, JsonValue> | null) =>
  poll(async () => JSON.stringify(await look()) === JSON.stringify(expected), { what: JSON.stringify(expected) });

test('nothing is published before the facts are complete; then all facts are, then changes', async () => {
  facts = null;
  const publisher = start();
  facts = new Map([['host', 1]]);
  publisher.changed();
  await sees({ host: 1 });
  facts = new Map([['container/x', 2]]);
  publisher.changed();
  await sees({ 'container/x': 2 });
});

test('after a lost lease the publisher joins again and publishes everything', async () => {
  facts = new Map<string, JsonValue>([
    ['host', 1],
    ['container/x', 2],
  ]);
  start();
  await sees({ host: 1, 'container/x': 2 });
  store.expireLease('test', 'a');
  await sees({ host: 1, 'container/x': 2 });
});

test('a failed write that took effect is corrected, also when the facts have changed back meanwhile', async () => {
  facts = new Map([['host', 1]]);
  let failures = 0;
  const publisher = start(async (hostId, signal): Promise<Lease> => {
    const lease = await bus.join(hostId, signal);
    return {
      ...lease,
      publish: async (changes) => {
        await lease.publish(changes);
        if (changes.get('host') !== 2) return;
        failures += 1;
        facts = new Map([['host', 1]]);
        throw new Error('no answer in time');
      },
    };
  });
  await sees({ host: 1 });
  facts = new Map([['host', 2]]);
  publisher.changed();
  await poll(() => failures === 1, { what: 'the failure' });
  await sees({ host: 1 });
});

test('withdraw() removes this host from the bus at once', async () => {
  facts = new Map([['host', 1]]);
  const publisher = start();
  await sees({ host: 1 });
  await publisher.withdraw();
  await sees(null);
});
