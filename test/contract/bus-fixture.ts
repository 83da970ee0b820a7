import { afterEach, beforeEach, type TestFunction, test } from 'vitest';
import type { Bus, Document, FactMap } from '../../bus/index.ts';
import type { JsonValue } from '../../model/index.ts';
import { poll } from '../support/poll.ts';
import { createResources, type Resources } from '../support/resources.ts';
import type { BusDriver, BusStore, Fault } from './bus.ts';

export const ENVIRONMENT = 'contract';

/** What each test of the suite gets. */
export interface Fixture {
  store(): Required<BusStore>;
  /** The bus of a new host; with a single-host driver always the same one. */
  host(environment?: string): Promise<Bus>;
  /** Watches in the background and keeps the state. */
  observe(bus: Bus): Observer;
  /** Waits until the condition is true. */
  settled(what: string, condition: () => boolean): Promise<void>;
  /** A signal that aborts when the test ends. */
  readonly signal: AbortSignal;
}

/** A test that needs several hosts, or more time than usual. */
export interface Terms {
  readonly hosts?: 'many';
  readonly fault?: Fault;
  readonly timeoutMs?: number;
}

/** The state that results from all batches of one watch. */
export interface Observer {
  readonly hosts: ReadonlyMap<string, FactMap>;
  readonly documents: ReadonlyMap<string, Document>;
  synced(): boolean;
  batchCount(): number;
  /** The ids of removed hosts, in order. */
  gone(): readonly string[];
  fact(hostId: string, key: string): JsonValue | undefined;
  /** Called after each batch. The next batch is taken when it resolves. */
  onBatch(listener: () => void | Promise<void>): void;
  /** Ends the watch and waits for its end. */
  stop(): Promise<void>;
}

export function contractFixture(driver: BusDriver): {
  readonly it: (title: string, run: (fixture: Fixture) => Promise<void>, terms?: Terms) => void;
} {
  let resources: Resources;
  let store: BusStore;
  beforeEach(async () => {
    resources = createResources();
    store = await driver.create(resources);
  });
  afterEach(() => resources.close());
  const it = (title: string, run: (fixture: Fixture) => Promise<void>, terms: Terms = {}): void => {
    if (terms.hosts === 'many' && driver.capabilities.hosts === 1) return;
    if (terms.fault && !driver.capabilities.faults.includes(terms.fault)) return;
    const body: TestFunction = () => run(createFixture(driver, store, resources));
    test(title, { timeout: terms.timeoutMs ?? 6 * driver.timing.settleMs + 10_000 }, body);
  };
  return { it };
}

function createFixture(driver: BusDriver, store: BusStore, resources: Resources): Fixture {
  const buses = new Map<string, Bus>();
  const ended = new AbortController();
  resources.add('the signal of the test', () => ended.abort());
  const host = async (environment = ENVIRONMENT): Promise<Bus> => {
    const present = buses.get(environment);
    if (present && driver.capabilities.hosts === 1) return present;
    const bus = await store.connect(environment);
    buses.set(environment, bus);
    resources.add('a bus', () => bus.close());
    return bus;
  };
  return {
    store: () => store as Required<BusStore>,
    host,
    observe: (bus) => {
      const observer = createObserver(bus);
      resources.add('an observer', () => observer.stop());
      return observer;
    },
    settled: async (what, condition) => void (await poll(condition, { what, timeoutMs: driver.timing.settleMs })),
    signal: ended.signal,
  };
}

function createObserver(bus: Bus): Observer {
  const ended = new AbortController();
  const hosts = new Map<string, FactMap>();
  const documents = new Map<string, Document>();
  const gone: string[] = [];
  let listener: () => void | Promise<void> = () => {};
  let synced = false;
  let batches = 0;
  const run = async (): Promise<void> => {
    for await (const batch of bus.watch(ended.signal)) {
      for (const [id, facts] of batch.hosts) {
        if (facts) hosts.set(id, facts);
        else if (hosts.delete(id)) gone.push(id);
      }
      for (const [key, document] of batch.documents) {
        if (document) documents.set(key, document);
        else documents.delete(key);
      }
      synced = batch.synced;
      batches += 1;
      await listener();
    }
  };
  const running = run();
  // stop() reports the rejection.
  running.catch(() => {});
  return {
    hosts,
    documents,
    synced: () => synced,
    batchCount: () => batches,
    gone: () => gone,
    fact: (hostId, key) => hosts.get(hostId)?.get(key),
    onBatch: (next) => {
      listener = next;
    },
    stop: async () => {
      ended.abort();
      await running;
    },
  };
}

/** Facts from an object: `facts({ host: {...} })`. */
export function facts(entries: Readonly<Record<string, JsonValue>>): ReadonlyMap<string, JsonValue> {
  return new Map(Object.entries(entries));
}
