import { afterEach, beforeEach, type TestFunction, test } from 'vitest';
import type { Bus } from '../../bus/index.ts';
import type { JsonValue } from '../../model/index.ts';
import { type BusObserver, observeBus } from '../support/bus-observer.ts';
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
  observe(bus: Bus): BusObserver;
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
    observe: (bus) => observeBus(resources, bus),
    settled: async (what, condition) => void (await poll(condition, { what, timeoutMs: driver.timing.settleMs })),
    signal: ended.signal,
  };
}

/** Facts from an object: `facts({ host: {...} })`. */
export function facts(entries: Readonly<Record<string, JsonValue>>): ReadonlyMap<string, JsonValue> {
  return new Map(Object.entries(entries));
}
