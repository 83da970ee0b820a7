import type { Problem } from '../../model/index.ts';
import type { Plan } from '../../reconcile/index.ts';
import {
  type Certificate,
  type CertificateChange,
  type LoadedCertificates,
  planCertificates,
} from '../certificates/index.ts';
import { type RenderedBackend, serverArguments } from '../render/index.ts';
import type { Backend, LbTable, Server } from '../table/table.ts';
import type { RunningServer, RunningServers } from './parse-replies.ts';

/** What HAProxy should do. */
export interface Desired {
  readonly table: LbTable;
  /** The newest structure that HAProxy takes; null: none is known yet. */
  readonly structure: string | null;
  readonly certificates: ReadonlyMap<string, Certificate>;
}

/** What HAProxy does. */
export interface Observed {
  readonly problems: readonly Problem[];
  /** The worker that takes connections; null: HAProxy does not run. */
  readonly running: {
    readonly structure: string | null;
    readonly servers: RunningServers;
    /** The backends of its configuration, if this agent wrote it. */
    readonly backends: ReadonlyMap<string, RenderedBackend>;
    readonly certificates: LoadedCertificates;
    /** Whether workers of earlier configurations finish connections. */
    readonly hasOld: boolean;
  } | null;
  /** The structure of the file that HAProxy reads when it starts, if it is kept running; null: it is not kept running. */
  readonly kept: { readonly structure: string | null } | null;
  readonly mayReload: boolean;
  /** Whether the file has other servers than the table, and may be written now. */
  readonly mayWrite: boolean;
  /** Servers in maintenance, by `BACKEND/SERVER`. */
  readonly out: ReadonlyMap<string, { readonly sinceMs: number; readonly isDue: boolean; readonly isShut: boolean }>;
  readonly nowMs: number;
  readonly drainTimeoutMs: number;
}

export type ServerChange =
  | { readonly kind: 'add'; readonly name: string; readonly arguments: string }
  | { readonly kind: 'ready' | 'drain' | 'shut'; readonly name: string }
  | { readonly kind: 'weight'; readonly name: string; readonly weight: number }
  /** `force`: connections that it still has are closed. */
  | { readonly kind: 'remove'; readonly name: string; readonly force: boolean };

export interface BackendChange {
  readonly backend: string;
  readonly cookieKey: string | null;
  readonly servers: readonly ServerChange[];
}

export type Change =
  /** Starts HAProxy, or lets it take over the newest structure. */
  | { readonly kind: 'start'; readonly structure: string }
  | { readonly kind: 'reload'; readonly structure: string }
  | { readonly kind: 'stop' }
  | { readonly kind: 'servers'; readonly backends: readonly BackendChange[] }
  | CertificateChange
  | { readonly kind: 'write file' };

/** Backends that have what they should, with the servers they had then. What has not changed is not compared again. */
type Settled = WeakMap<Backend, ReadonlyMap<string, RunningServer>>;

export function createPlan(): (desired: Desired, observed: Observed) => Plan<Change> {
  const settled: Settled = new WeakMap();
  return (desired, observed) => plan(desired, observed, settled);
}

function plan(desired: Desired, observed: Observed, settled: Settled): Plan<Change> {
  const { running, problems } = observed;
  const certificates = running === null ? [] : planCertificates(desired.certificates, running.certificates);
  // Endpoints come first: a reload takes longer.
  return {
    changes: [...planServers(desired, observed, settled), ...certificates, ...planProcess(desired, observed)],
    problems,
  };
}

export const isIdle = ({ listeners }: LbTable): boolean => listeners.length === 0;

function planProcess(
  { table, structure }: Desired,
  { running, kept, mayReload, mayWrite }: Observed,
): readonly Change[] {
  if (structure === null) return [];
  if (running === null) {
    if (kept === null) return isIdle(table) ? [] : [{ kind: 'start', structure }];
    if (isIdle(table)) return [{ kind: 'stop' }];
    return kept.structure === structure ? [] : [{ kind: 'start', structure }];
  }
  // Without listeners it has finished once the worker before has.
  if (running.structure !== structure) return mayReload ? [{ kind: 'reload', structure }] : [];
  if (isIdle(table)) return running.hasOld ? [] : [{ kind: 'stop' }];
  return mayWrite ? [{ kind: 'write file' }] : [];
}

function planServers({ table }: Desired, observed: Observed, settled: Settled): readonly Change[] {
  if (observed.running === null || isIdle(table)) return [];
  const { servers, backends: rendered } = observed.running;
  const backends = table.backends.flatMap((backend): readonly BackendChange[] => {
    const how = rendered.get(backend.name);
    if (how === undefined) return [];
    const has = servers.get(backend.name) ?? NO_SERVERS;
    if (settled.get(backend) === has) return [];
    const changes = planBackend(backend, { has, how, observed });
    const isSettled = changes.length === 0 && !has.values().some(({ isOut }) => isOut);
    if (isSettled) settled.set(backend, has);
    return changes.length === 0 ? [] : [{ backend: backend.name, cookieKey: how.cookieKey, servers: changes }];
  });
  return backends.length === 0 ? [] : [{ kind: 'servers', backends }];
}

/** HAProxy names a backend only if it has servers. */
const NO_SERVERS: BackendState['has'] = new Map();

interface BackendState {
  readonly has: ReadonlyMap<string, RunningServer>;
  readonly how: RenderedBackend;
  readonly observed: Pick<Observed, 'out' | 'nowMs' | 'drainTimeoutMs'>;
}

function planBackend(backend: Backend, state: BackendState): readonly ServerChange[] {
  const named = new Set(backend.namedServers.map(({ hostname, port }) => `${hostname}:${port}`));
  const wanted = new Set(backend.servers.map(({ name }) => name));
  const unwanted = [...state.has.values()].filter(({ name }) => !wanted.has(name) && !named.has(name));
  // Servers are added before others are removed.
  return [
    ...backend.servers.flatMap((server) => planServer(backend, server, state)),
    ...unwanted.flatMap((server) => planRemoval(backend, server, state)),
  ];
}

function planServer(backend: Backend, server: Server, state: BackendState): readonly ServerChange[] {
  const { name, weight } = server;
  const has = state.has.get(name);
  if (server.state === 'drain') {
    if (has === undefined) return [];
    if (!has.isOut) return [{ kind: 'drain', name }];
    const out = state.observed.out.get(`${backend.name}/${name}`);
    return out && !out.isShut && isOver(backend, out.sinceMs, state) ? [{ kind: 'shut', name }] : [];
  }
  if (has === undefined) {
    return [{ kind: 'add', name, arguments: serverArguments(server, state.how.serverParameters) }];
  }
  return [
    ...(has.weight === weight ? [] : [{ kind: 'weight', name, weight } as const]),
    ...(has.isOut ? [{ kind: 'ready', name } as const] : []),
  ];
}

function planRemoval(backend: Backend, { name }: RunningServer, state: BackendState): readonly ServerChange[] {
  const out = state.observed.out.get(`${backend.name}/${name}`);
  if (out === undefined) return [{ kind: 'remove', name, force: false }];
  return out.isDue ? [{ kind: 'remove', name, force: isOver(backend, out.sinceMs, state) }] : [];
}

function isOver({ drainTimeoutMs }: Backend, sinceMs: number, { observed }: BackendState): boolean {
  return observed.nowMs - sinceMs >= (drainTimeoutMs ?? observed.drainTimeoutMs);
}

const SIGNS = { add: '+', ready: '', drain: 'drain ', shut: 'close ', weight: '', remove: '-' } as const;

export function format(change: Change): string {
  if (change.kind === 'start' || change.kind === 'reload')
    return `${change.kind} HAProxy with structure ${change.structure}`;
  if (change.kind === 'stop') return 'stop HAProxy';
  if (change.kind === 'write file') return 'write the servers to the configuration file';
  if (change.kind === 'remove certificate') return `${change.kind} ${change.file}`;
  if (change.kind !== 'servers') return `${change.kind} ${change.certificate.name}`;
  return change.backends.map(({ backend, servers }) => `${backend}: ${servers.map(formatServer).join(' ')}`).join('; ');
}

function formatServer(change: ServerChange): string {
  const text = `${SIGNS[change.kind]}${change.name}`;
  if (change.kind === 'weight') return `${text} weight ${change.weight}`;
  if (change.kind === 'ready') return `${text} ready`;
  return change.kind === 'remove' && change.force ? `${text} with its connections` : text;
}
