import type { Bus } from '../../bus/index.ts';
import type { Liveness } from '../../bus/liveness/index.ts';
import type { Problem } from '../../model/index.ts';
import { followBus } from '../../state/index.ts';
import type { Config } from '../config/config.ts';
import type { Core } from '../host/core.ts';
import { createDuplicateHostIdWatch } from '../host/duplicate-host-id.ts';
import type { LocalSource } from '../host/local-source.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Parts } from '../parts/parts.ts';
import { openBus } from './open-bus.ts';
import { createPublisher } from './publisher.ts';
import { watchOver } from './watch-over.ts';

export interface WiredFacts {
  readonly bus: Bus;
  readonly liveness: Liveness | null;
  problems(): readonly Problem[];
}

export interface FactsContext {
  readonly core: Core;
  readonly local: LocalSource;
  readonly parts: Parts;
  readonly signal: AbortSignal;
  /** Called when a fact of this host changed. */
  readonly onChange: () => void;
}

/** Facts of this host go to the state at once, and to the bus when it can be reached. Facts of others come from the bus. */
export async function wireFacts(
  { clock, log }: AgentDependencies,
  config: Config,
  { core, local, parts, signal, onChange }: FactsContext,
): Promise<WiredFacts> {
  const { hostId, store } = core;
  const { incarnation, docker, facts } = local;
  let liveness: Liveness | null = null;
  const opened = await openBus({ clock, log, hears: (id) => liveness?.hears(id) ?? false }, config);
  const { bus } = opened;
  const duplicate = createDuplicateHostIdWatch({ hostId, incarnation });
  const published = () => (duplicate.problem() || !docker.isComplete() ? null : facts.facts());
  const publisher = createPublisher({ bus, facts: published, clock, log }, { hostId });
  store.replaceHost(hostId, facts.facts());
  facts.onChange((changes) => {
    store.apply({ hosts: new Map([[hostId, changes]]), documents: new Map() });
    publisher.changed();
    onChange();
  });
  parts.start({
    docker: docker.run,
    'host address': local.addressPart,
    publish: publisher.run,
    bus: (until, report) => followBus(store, duplicate.check(bus.watch(until), report.done)),
  });
  liveness = await watchOver({ clock, log }, { bus, config, core, incarnation, signal });
  const duplicateProblems = () => [duplicate.problem()].filter((problem) => problem !== null);
  return { bus, liveness, problems: () => [...duplicateProblems(), ...opened.problems()] };
}
