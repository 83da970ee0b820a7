import type { Bus } from '../bus/index.ts';
import type { Liveness } from '../bus/liveness/index.ts';
import type { Problem } from '../model/index.ts';
import { followBus } from '../state/index.ts';
import { createWakeUp, type WakeUp } from '../system/index.ts';
import { openBus } from './bus.ts';
import type { Config } from './config/config.ts';
import type { Core } from './core.ts';
import type { AgentDependencies } from './dependencies.ts';
import { createTwinWatch } from './host/duplicate-host-id.ts';
import type { LocalSource } from './local-source.ts';
import type { Parts } from './parts.ts';
import { createPublisher } from './publisher.ts';
import { watchOver } from './watch-over.ts';

export interface WiredFacts {
  readonly bus: Bus;
  readonly liveness: Liveness | null;
  /** Woken when something of this host's Docker changed. */
  readonly changed: WakeUp;
  problems(): readonly Problem[];
}

export interface FactsContext {
  readonly core: Core;
  readonly local: LocalSource;
  readonly parts: Parts;
  readonly signal: AbortSignal;
}

/** This host's facts: to the store at once, to the bus when it can be reached. The other hosts': from the bus to the store. */
export async function wireFacts(
  { clock, log }: AgentDependencies,
  config: Config,
  { core, local, parts, signal }: FactsContext,
): Promise<WiredFacts> {
  const { hostId, store } = core;
  const { incarnation, docker } = local;
  let liveness: Liveness | null = null;
  const opened = await openBus({ clock, log, hears: (id) => liveness?.hears(id) ?? false }, config);
  const { bus } = opened;
  const twin = createTwinWatch({ hostId, incarnation });
  const facts = () => (twin.problem() || docker.status().lastSyncMs === null ? null : docker.facts());
  const publisher = createPublisher({ bus, facts, clock, log }, { hostId });
  const changed = createWakeUp(clock);
  docker.onChange((changes) => {
    store.apply({ hosts: new Map([[hostId, changes]]), documents: new Map() });
    publisher.changed();
    changed.wake();
  });
  parts.start('docker', (until) => docker.run(until));
  parts.start('host address', local.addressPart);
  parts.start('publish', publisher.run);
  parts.start('bus', (until, report) => followBus(store, twin.look(bus.watch(until), report.done)));
  liveness = await watchOver({ clock, log }, { bus, config, core, incarnation, signal });
  const twinProblems = () => [twin.problem()].filter((problem) => problem !== null);
  return { bus, liveness, changed, problems: () => [...twinProblems(), ...opened.problems] };
}
