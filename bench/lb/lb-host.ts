/**
 * A host that balances for containers that exist only in their facts: state, view, load balancer and HAProxy as in the agent, without Docker and
 * without a bus. `node bench/lb/lb-host.ts '{"runDir", "haproxy", "changes"}'` prints what the changes cost, as JSON.
 */
import { environmentOf } from '../../agent/config/environment.ts';
import { configSchema } from '../../agent/config/schema.ts';
import { createLbProcess, lbFilesOf } from '../../agent/lb/lb-process.ts';
import { createLoadBalancer } from '../../lb/index.ts';
import { createDriver } from '../../reconcile/index.ts';
import { createStateStore } from '../../state/index.ts';
import { systemClock as clock, createLog, runCommand as run } from '../../system/index.ts';
import { freePort } from '../../test/support/free-port.ts';
import { poll } from '../../test/support/poll.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import { publishedSet } from '../support/data-set.ts';
import { hostsOf, OWN_HOST } from '../support/facts.ts';
import { endpointChanges } from './endpoint-changes.ts';

export interface LbHostSettings {
  readonly runDir: string;
  readonly haproxy: string;
  readonly changes: number;
}

/** What the changes cost. */
export interface ChangeCost {
  /** From the first fact until HAProxy has all services. */
  readonly startMs: number;
  /** CPU of this process per change, with all that follows: removing servers, writing the file. */
  readonly cpuMs: number;
  /** From each changed fact until HAProxy has confirmed the change. */
  readonly changeMs: readonly number[];
  readonly reloads: number;
  readonly rssBytes: number;
}

/** The first ones are not counted. */
const WARM_UP = 20;
const PAUSE_MS = 50;

const { runDir, haproxy, changes } = JSON.parse(process.argv[2] ?? '{}') as LbHostSettings;
const log = createLog('lb', { level: 'warn', format: 'json' });
const config = configSchema.parse({ runDir, lb: { haproxy, certificates: `${runDir}/given` } });
const ended = new AbortController();
const { signal } = ended;
const store = createStateStore({ mirror: null, log, clock }, { environment: environmentOf(config), hostId: OWN_HOST });
let latest: HostView | undefined;
const view = (): HostView => {
  const snapshot = store.current();
  if (latest?.snapshot !== snapshot) latest = viewOf(snapshot, OWN_HOST, latest);
  return latest;
};
const lbProcess = createLbProcess({ clock, log }, config);
const balancer = createLoadBalancer(
  { clock, log, run, process: lbProcess, onChange: () => driver.changed() },
  { ...config.lb, command: haproxy, directory: lbFilesOf(config).directory },
);
/** Of the change that is being made. */
let expected = { command: '', done: () => {} };
const { component } = balancer;
const watched: typeof component = {
  ...component,
  applier: {
    ...component.applier,
    apply: async (change, signal) => {
      await component.applier.apply(change, signal);
      if (change.kind !== 'servers') return;
      const made = change.backends.flatMap(({ servers }) => servers.map(({ kind, name }) => `${kind} ${name}`));
      if (made.includes(expected.command)) expected.done();
    },
  },
};
const driver = createDriver({ clock, log }, { view, components: [watched as never], intervalMs: 3_000 });
store.subscribe(driver.changed);
const life = [driver.run(signal), ...driver.loops.map((loop) => loop.run(signal)), balancer.run(signal)];
process.once('SIGTERM', async () => {
  ended.abort();
  await Promise.all(life);
  await lbProcess.stop();
});

const beganAt = performance.now();
const set = publishedSet(await freePort());
const hosts = [...hostsOf(set)].map(([id, facts]) => [id, new Map(Object.entries(facts))] as const);
store.apply({ hosts: new Map(hosts), documents: new Map(), complete: true });
const isSettled = () => balancer.status().isCurrent && balancer.status().state === 'running';
await poll(isSettled, { what: 'all services', timeoutMs: 60_000 });
const startMs = performance.now() - beganAt;

const next = endpointChanges(set);
for (let change = 0; change < WARM_UP; change += 1) await make();
const [cpu, { reloads }] = [process.cpuUsage(), balancer.status()];
const changeMs: number[] = [];
for (let change = 0; change < changes; change += 1) changeMs.push(await make());
const { user, system } = process.cpuUsage(cpu);
const cost: ChangeCost = {
  ...{ startMs, changeMs, cpuMs: (user + system) / 1_000 / changes, reloads: balancer.status().reloads - reloads },
  rssBytes: process.memoryUsage.rss(),
};
console.log(JSON.stringify(cost));

/** Makes the next change; gives the time until HAProxy has confirmed it. */
async function make(): Promise<number> {
  await clock.sleep(PAUSE_MS);
  const { hostId, key, fact, command } = next.next().value;
  const { promise, resolve: done } = Promise.withResolvers<void>();
  expected = { command, done };
  const madeAt = performance.now();
  store.apply({ hosts: new Map([[hostId, new Map([[key, fact]])]]), documents: new Map() });
  await promise;
  return performance.now() - madeAt;
}
