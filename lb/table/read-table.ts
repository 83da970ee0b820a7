import { PUBLISHED_FACT, publishedSince } from '../../model/index.ts';
import { type DependencyKey, differences, type HostView, hostKey } from '../../view/index.ts';
import { type BuiltBackend, buildBackend } from './build-backend.ts';
import { keepIdentity } from './keep-identity.ts';
import { type BackendPlan, type PlanContext, planTable, type TablePlan } from './plan-table.ts';
import { type Changed, has, readSources } from './read-sources.ts';
import type { Source } from './source.ts';
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

interface State {
  readonly view: HostView;
  /** By key. */
  readonly sources: ReadonlyMap<string, Source>;
  /** Of rules by labels. */
  readonly since: ReadonlyMap<string, number>;
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
  const { sources, isSame } = readSources(before && { ...before, relations: before.plan.relations }, view, changed);
  const since = before && !hasNewAges(changed) ? before.since : publishedSince(view.snapshot);
  const isAged = since === before?.since || !before?.plan.relations.isContested;
  const plan =
    before && isSame && isAged && !has(changed, hostKey(view.hostId))
      ? before.plan
      : keepIdentity(before?.plan, planTable(sources.values(), { host: ownHost(view), since }));
  const built = new Map(
    plan.backends.map((one) => [one.name, builtOf(before?.built.get(one.name), view, { plan: one, changed })] as const),
  );
  return { view, sources, since, plan, built, table: keepIdentity(before?.table, tableOf(plan, built)) };
}

/** How the key of such a fact ends, whatever the host. */
const PUBLISHED = `/${PUBLISHED_FACT}/`;

function hasNewAges(changed: Changed): boolean {
  return changed === 'everything' || changed.values().some((key) => key.startsWith('fact:') && key.endsWith(PUBLISHED));
}

function ownHost({ snapshot, hostId }: HostView): PlanContext['host'] {
  return snapshot.hosts.get(hostId)?.host ?? null;
}

function builtOf(
  before: Built | undefined,
  view: HostView,
  { plan, changed }: { readonly plan: BackendPlan; readonly changed: Changed },
): Built {
  if (before?.plan === plan && changed !== 'everything' && before.dependencies.isDisjointFrom(changed)) return before;
  // Reasons name the networks of this host.
  const dependencies = new Set<DependencyKey>([hostKey(view.hostId)]);
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
