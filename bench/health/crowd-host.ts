/**
 * A host whose containers exist only in its facts, and that checks them: bus, state, liveness and health checks as in the agent, without
 * Docker. `node bench/health/crowd-host.ts '{"kind", "address", "consul": [...], "runDir", "haproxy"}'`. Prints `voted` when all are up.
 */
import { randomUUID } from 'node:crypto';
import Docker from 'dockerode';
import { createPublisher } from '../../agent/bus/publisher.ts';
import { watchOver } from '../../agent/bus/watch-over.ts';
import { environmentOf } from '../../agent/config/environment.ts';
import { configSchema } from '../../agent/config/schema.ts';
import { createHaproxyProcess } from '../../agent/health/haproxy-process.ts';
import { healthPart } from '../../agent/health/health-part.ts';
import { createConsulBus } from '../../bus/index.ts';
import { createHostFacts } from '../../facts/index.ts';
import { VOTE_PREFIX } from '../../healthcheck/index.ts';
import { votesOf } from '../../model/index.ts';
import { createStateStore, followBus } from '../../state/index.ts';
import { systemClock as clock, createLog, runCommand as run } from '../../system/index.ts';
import { type HostView, viewOf } from '../../view/index.ts';
import { crowdFacts, type Kind, TARGETS } from './crowd.ts';

export interface CrowdHostSettings {
  readonly kind: Kind;
  readonly address: string;
  readonly consul: readonly string[];
  readonly runDir: string;
  readonly haproxy: string;
}

const settings = JSON.parse(process.argv[2] ?? '{}') as CrowdHostSettings;
const { kind, address, consul, runDir, haproxy: program } = settings;
const log = createLog('crowd', { level: 'warn', format: 'json' });
const config = configSchema.parse({
  ...{ runDir, health: { haproxy: program } },
  bus: { driver: 'consul', consul: { addresses: [...consul] } },
});
const hostId = randomUUID();
const ended = new AbortController();
const { signal } = ended;
const report = { done: () => {}, problems: () => {} };

const store = createStateStore({ mirror: null, log, clock }, { environment: environmentOf(config), hostId });
let latest: HostView | undefined;
const view = (): HostView => {
  const snapshot = store.current();
  if (latest?.snapshot !== snapshot) latest = viewOf(snapshot, hostId, latest);
  return latest;
};
const bus = createConsulBus({ clock, log }, { address: [...consul], environment: config.environment });
const facts = createHostFacts({ log });
const publisher = createPublisher({ bus, facts: facts.facts, clock, log }, { hostId });
facts.onChange((changes) => {
  store.apply({ hosts: new Map([[hostId, changes]]), documents: new Map() });
  publisher.changed();
});
const own = facts.part(['host', 'network/', 'container/']);
own.hold();
const made = crowdFacts(hostId, address, kind);
for (const [key, value] of made) own.set(key, value);
own.release();
const haproxy = createHaproxyProcess({ clock, log }, config);
const incarnation = (made.get('host') as { readonly incarnation: number }).incarnation;
const liveness = await watchOver({ clock, log }, { bus, config, core: { store, hostId }, incarnation, signal });
const checks = healthPart(
  { clock, log, run },
  { hostId, store, view, facts: facts.part([VOTE_PREFIX]), haproxy, docker: new Docker(), onChecker: () => {} },
  config,
);
const life = [followBus(store, bus.watch(signal)), publisher.run(signal, report), checks(signal, report)];
const upCount = (): number => {
  const state = store.current().hosts.get(hostId);
  return state ? [...votesOf(state).values()].filter(({ up }) => up).length : 0;
};
process.once('SIGTERM', async () => {
  await publisher.withdraw();
  ended.abort();
  await Promise.all(life);
  await haproxy.stop();
  await liveness?.close();
  await bus.close();
});
while (upCount() < TARGETS && !signal.aborted) await clock.sleep(50);
console.log('voted');
