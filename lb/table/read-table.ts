import { draftMap } from '../../model/index.ts';
import {
  type DependencyKey,
  differences,
  findService,
  type HostView,
  hostKey,
  serviceKeyOf,
} from '../../view/index.ts';
import { type BuiltBackend, buildBackend } from './build-backend.ts';
import { keepIdentity } from './keep-identity.ts';
import { type BackendPlan, planTable, type TablePlan } from './plan-table.ts';
import { keepSource, type Source, sourceOf } from './source.ts';
import type { LbTable } from './table.ts';

/**
 * A reader that makes the table of a host from its views, one after another. The cost follows the change, and the parts that stay
 * equal are the identical objects; the table itself is identical while nothing changes.
 */
export function createTableReader(): (view: HostView) => LbTable {
  let state: State | null = null;
  return (view) => {
    state = nextState(state, view);
    return state.table;
  };
}

type Changed = 'everything' | ReadonlySet<DependencyKey>;

interface State {
  readonly view: HostView;
  /** By key. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly plan: TablePlan;
  /** By name. */
  readonly built: ReadonlyMap<string, Built>;
  readonly table: LbTable;
}

interface Built extends BuiltBackend {
  readonly plan: BackendPlan;
  readonly dependencies: ReadonlySet<DependencyKey>;
}

function nextState(before: State | null, view: HostView): State {
  const changed = before ? differences(before.view, view) : 'everything';
  const sources = sourcesOf(before, view, changed);
  const plan = planOf(before, view, { sources, changed });
  const built = new Map(
    plan.backends.map((one) => [one.name, builtOf(before?.built.get(one.name), view, { plan: one, changed })] as const),
  );
  return { view, sources, plan, built, table: keepIdentity(before?.table, tableOf(plan, built)) };
}

function sourcesOf(before: State | null, view: HostView, changed: Changed): State['sources'] {
  if (!before || changed === 'everything') return allSources(view);
  const sources = draftMap(before.sources);
  for (const key of changed) {
    if (!key.startsWith(SERVICE)) continue;
    const service = findService(view, key.slice(SERVICE.length));
    if (!service) sources.delete(key.slice(SERVICE.length));
    else sources.set(service.key, keepSource(before.sources.get(service.key), sourceOf(service)));
  }
  return sources.result();
}

const SERVICE = serviceKeyOf('');

function allSources(view: HostView): State['sources'] {
  const services = [...view.stacks.values()].flatMap((stack) => [...stack.services.values()]);
  return new Map(services.map((service) => [service.key, sourceOf(service)] as const));
}

function planOf(
  before: State | null,
  view: HostView,
  { sources, changed }: Pick<State, 'sources'> & { readonly changed: Changed },
): TablePlan {
  const sameHost = changed !== 'everything' && !changed.has(hostKey(view.hostId));
  if (before && sameHost && before.sources === sources) return before.plan;
  const host = view.snapshot.hosts.get(view.hostId)?.host ?? null;
  return keepIdentity(before?.plan, planTable(sources.values(), host));
}

function builtOf(
  before: Built | undefined,
  view: HostView,
  { plan, changed }: { readonly plan: BackendPlan; readonly changed: Changed },
): Built {
  if (before?.plan === plan && changed !== 'everything' && before.dependencies.isDisjointFrom(changed)) return before;
  const dependencies = new Set<DependencyKey>();
  const { backend, problems } = buildBackend(view, plan, { depends: (on) => dependencies.add(on) });
  return { plan, dependencies, backend: keepIdentity(before?.backend, backend), problems };
}

function tableOf({ listeners, customConfigs, problems }: TablePlan, built: ReadonlyMap<string, Built>): LbTable {
  const all = [...built.values()];
  return {
    listeners,
    backends: all.map(({ backend }) => backend),
    customConfigs,
    problems: [...problems, ...all.flatMap((one) => one.problems)],
  };
}
