import type { Problem } from '../../model/index.ts';
import { keepIdentical, type Plan } from '../../reconcile/index.ts';
import {
  type Certificate,
  type CertificateChange,
  type LoadedCertificates,
  planCertificates,
} from '../certificates/index.ts';
import { backendOf, NAMES, type RenderedConfig } from '../render/index.ts';
import type { LbTable } from '../table/table.ts';
import type { RunningServers } from './parse-replies.ts';
import type { MapChange, Placement, placeBackends, RunningMaps } from './place-backends.ts';
import {
  type BackendChange,
  type ObservedServers,
  type PlacedBackends,
  planGone,
  planLeft,
  planServers,
  type ServerChange,
  type Settled,
} from './plan-servers.ts';

/** What a plan must know of a configuration. */
export type PlannedConfig = Pick<RenderedConfig, 'structure' | 'backends' | 'rules'>;

/** What HAProxy should do. */
export interface Desired {
  readonly table: LbTable;
  /** The newest configuration that HAProxy takes; null: none is known yet. */
  readonly config: PlannedConfig | null;
  readonly certificates: ReadonlyMap<string, Certificate>;
}

/** What HAProxy does. */
export interface Observed extends Omit<ObservedServers, 'servers'> {
  readonly problems: readonly Problem[];
  /** The worker that takes connections; null: HAProxy does not run. */
  readonly running: {
    readonly structure: string | null;
    readonly servers: RunningServers;
    /** The newest configuration with its structure, and usual rules of one that waits for a reload; null: this agent knows none. */
    readonly config: PlannedConfig | null;
    readonly maps: RunningMaps;
    /** False while another worker may come. */
    readonly mayChangeRules: boolean;
    readonly certificates: LoadedCertificates;
    /** Whether workers of earlier configurations finish connections. */
    readonly hasOld: boolean;
  } | null;
  /** The structure of the file that HAProxy reads when it starts, if it is kept running; null: it is not kept running. */
  readonly kept: { readonly structure: string | null } | null;
  /** Whether the wanted configuration is that of the newest table. */
  readonly isNewest: boolean;
  readonly mayReload: boolean;
  /** Whether the file has other servers than the table, and may be written now. */
  readonly mayWrite: boolean;
}

export type Change =
  /** Starts HAProxy, or lets it take over the newest structure. */
  | { readonly kind: 'start'; readonly structure: string }
  | { readonly kind: 'reload'; readonly structure: string }
  | { readonly kind: 'stop' }
  | { readonly kind: 'servers'; readonly backends: readonly BackendChange[] }
  /** Rules that come and go, and sections that backends get. */
  | { readonly kind: 'maps'; readonly entries: readonly MapChange[] }
  | CertificateChange
  | { readonly kind: 'write file' };

/** `place`: `placeBackends`, which may remember its last result. */
export function createPlan(place: typeof placeBackends): (desired: Desired, observed: Observed) => Plan<Change> {
  const settled: Settled = new WeakMap();
  const byRule = keepIdentical((backends: LbTable['backends']) => new Map(backends.map((one) => [one.rule, one])));
  return (desired, observed) => plan(desired, observed, { settled, byRule, place });
}

interface Memory {
  readonly settled: Settled;
  readonly byRule: (backends: LbTable['backends']) => PlacedBackends['wanted'];
  readonly place: typeof placeBackends;
}

function plan(desired: Desired, observed: Observed, memory: Memory): Plan<Change> {
  const { running, problems } = observed;
  const certificates = running === null ? [] : planCertificates(desired.certificates, running.certificates);
  const placement = running?.config && !isIdle(desired.table) ? memory.place(running.config, running.maps) : null;
  // Endpoints come first: a reload takes longer.
  return {
    changes: [
      ...(running?.config && placement ? planRules(desired, { ...observed, ...running }, placement, memory) : []),
      ...certificates,
      ...planProcess(desired, observed, placement?.isFull ?? false),
    ],
    problems,
  };
}

type ObservedRules = ObservedServers &
  Pick<Observed, 'isNewest'> &
  Pick<NonNullable<Observed['running']>, 'config' | 'mayChangeRules'>;

/**
 * A rule comes after its servers, and goes before them. Between two changes, each request gets what the old rules or the new ones say: a longer path
 * comes before a shorter one, or its servers, are changed, and goes after that.
 */
function planRules(
  { table, config: newest }: Desired,
  observed: ObservedRules,
  placement: Placement,
  { settled, byRule }: Pick<Memory, 'settled' | 'byRule'>,
): readonly Change[] {
  const { config, mayChangeRules, isNewest } = observed;
  const { taken, removed, set, left } = placement;
  const sections = mayChangeRules ? placement.sections : withoutTaken(placement);
  const backends = {
    ...{ wanted: byRule(table.backends), rendered: config?.backends ?? new Map(), sections },
    leftOut: (name: string) => isNewest && newest?.backends.has(name) === false,
  };
  const gone = newest === null ? [] : planGone(backends, newest.backends, observed);
  const servers = planServers(backends, observed, settled);
  if (!mayChangeRules) return serversOf([...servers, ...gone]);
  const coming = new Set(set.map(({ value }) => value));
  const [before = [], after = []] = [true, false].map((is) =>
    servers.filter(({ section }) => coming.has(section) === is),
  );
  return [
    ...mapsOf(taken),
    ...serversOf(before),
    ...mapsOf(set),
    ...serversOf(after),
    ...mapsOf(removed),
    ...serversOf([...gone, ...left.flatMap((one) => planLeft(one, observed))]),
  ];
}

function withoutTaken({ sections, taken }: Placement): Placement['sections'] {
  const notYet = new Set(taken.map(({ key }) => key));
  return new Map([...sections].filter(([, section]) => !notYet.has(section)));
}

export const isIdle = ({ listeners }: LbTable): boolean => listeners.length === 0;

function planProcess(
  { table, config }: Desired,
  { running, kept, mayReload, mayWrite }: Observed,
  isFull: boolean,
): readonly Change[] {
  if (config === null) return [];
  const { structure } = config;
  if (running === null) {
    if (kept === null) return isIdle(table) ? [] : [{ kind: 'start', structure }];
    if (isIdle(table)) return [{ kind: 'stop' }];
    return kept.structure === structure ? [] : [{ kind: 'start', structure }];
  }
  // Without listeners it has finished once the worker before has.
  if (running.structure !== structure || isFull) return mayReload ? [{ kind: 'reload', structure }] : [];
  if (isIdle(table)) return running.hasOld ? [] : [{ kind: 'stop' }];
  return mayWrite ? [{ kind: 'write file' }] : [];
}

function serversOf(backends: readonly BackendChange[]): readonly Change[] {
  return backends.length === 0 ? [] : [{ kind: 'servers', backends }];
}

function mapsOf(entries: readonly MapChange[]): readonly Change[] {
  return entries.length === 0 ? [] : [{ kind: 'maps', entries }];
}

const SIGNS = { add: '+', ready: '', drain: 'drain ', shut: 'close ', weight: '', remove: '-' } as const;

export function format(change: Change): string {
  if (change.kind === 'start' || change.kind === 'reload')
    return `${change.kind} HAProxy with structure ${change.structure}`;
  if (change.kind === 'stop') return 'stop HAProxy';
  if (change.kind === 'write file') return 'write rules and servers to the configuration file';
  if (change.kind === 'remove certificate') return `${change.kind} ${change.file}`;
  if (change.kind === 'maps') return change.entries.map(formatEntry).join('; ');
  if (change.kind !== 'servers') return `${change.kind} ${change.certificate.name}`;
  return change.backends.map(({ backend, servers }) => `${backend}: ${servers.map(formatServer).join(' ')}`).join('; ');
}

function formatEntry({ map, key, value }: MapChange): string {
  if (map === NAMES) return `section ${key} for ${backendOf(value ?? '')}`;
  return value === null ? `-rule ${key}` : `+rule ${key}`;
}

function formatServer(change: ServerChange): string {
  const text = `${SIGNS[change.kind]}${change.name}`;
  if (change.kind === 'weight') return `${text} weight ${change.weight}`;
  if (change.kind === 'ready') return `${text} ready`;
  return change.kind === 'remove' && change.force ? `${text} with its connections` : text;
}
