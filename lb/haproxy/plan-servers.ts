import { type RenderedBackend, serverArguments } from '../render/index.ts';
import { hostOfRule } from '../table/backend-names.ts';
import type { Backend, Server } from '../table/table.ts';
import type { RunningServer, RunningServers } from './parse-replies.ts';
import type { Placement } from './place-backends.ts';

export type ServerChange =
  | { readonly kind: 'add'; readonly name: string; readonly arguments: string }
  | { readonly kind: 'ready' | 'drain' | 'shut'; readonly name: string }
  | { readonly kind: 'weight'; readonly name: string; readonly weight: number }
  /** `force`: connections that it still has are closed. */
  | { readonly kind: 'remove'; readonly name: string; readonly force: boolean };

export interface BackendChange {
  readonly backend: string;
  /** Its section in the running HAProxy. */
  readonly section: string;
  readonly cookieKey: string | null;
  readonly servers: readonly ServerChange[];
}

/** The servers that HAProxy has. */
export interface ObservedServers {
  readonly servers: RunningServers;
  /** Servers in maintenance, by `SECTION/SERVER`. */
  readonly out: ReadonlyMap<string, { readonly sinceMs: number; readonly isDue: boolean; readonly isShut: boolean }>;
  readonly nowMs: number;
  readonly drainTimeoutMs: number;
}

/** Backends that have what they should, with the servers they had then. What has not changed is not compared again. */
export type Settled = WeakMap<Backend, ReadonlyMap<string, RunningServer>>;

export interface PlacedBackends {
  /** As they should be, by `Backend.rule`. */
  readonly wanted: ReadonlyMap<string, Backend>;
  /** As the running HAProxy has them: what is missing is left alone. Their names may be those of others now. */
  readonly rendered: ReadonlyMap<string, RenderedBackend>;
  /** Backend -> section; what is missing is left alone. */
  readonly sections: ReadonlyMap<string, string>;
  /** Whether no configuration will have a backend, by its name. */
  readonly leftOut: (backend: string) => boolean;
}

export function planServers(
  { wanted, rendered, sections, leftOut }: PlacedBackends,
  observed: ObservedServers,
  settled: Settled,
): readonly BackendChange[] {
  const guarded = guardedHosts({ wanted, rendered, leftOut });
  return [...rendered].flatMap(([name, how]): readonly BackendChange[] => {
    const backend = wanted.get(how.rule);
    const section = sections.get(name);
    if (backend === undefined || section === undefined) return [];
    const has = observed.servers.get(section) ?? NO_SERVERS;
    if (settled.get(backend) === has) return [];
    const mayAdd = !guarded.has(hostOfRule(how.rule));
    const changes = planBackend(backend, { section, has, how, observed, mayAdd });
    const isSettled = mayAdd && changes.length === 0 && !has.values().some(({ isOut }) => isOut);
    if (isSettled) settled.set(backend, has);
    return changes.length === 0 ? [] : [{ backend: name, section, cookieKey: how.cookieKey, servers: changes }];
  });
}

/** The servers of backends whose rules `newest` does not have either. They must not wait for a reload: others can get their addresses. */
export function planGone(
  { wanted, rendered, sections }: PlacedBackends,
  newest: PlacedBackends['rendered'],
  observed: ObservedServers,
): readonly BackendChange[] {
  const missing = [...rendered].filter(([, { rule }]) => !wanted.has(rule));
  if (missing.length === 0) return [];
  const rules = new Set([...newest.values()].map(({ rule }) => rule));
  return missing.flatMap(([backend, { rule }]) => {
    const section = sections.get(backend);
    return section === undefined || rules.has(rule) ? [] : planLeft({ section, backend }, observed);
  });
}

/** The servers of a section that no rule needs any more. */
export function planLeft(
  { section, backend }: Placement['left'][number],
  observed: ObservedServers,
): readonly BackendChange[] {
  const has = observed.servers.get(section) ?? NO_SERVERS;
  const changes = [...has.values()].flatMap((server) => planRemoval(server, { section, timeoutMs: null, observed }));
  return changes.length === 0 ? [] : [{ backend, section, cookieKey: null, servers: changes }];
}

/** HAProxy names a backend only if it has servers. */
const NO_SERVERS: BackendState['has'] = new Map();

interface BackendState {
  readonly section: string;
  readonly has: ReadonlyMap<string, RunningServer>;
  readonly how: RenderedBackend;
  readonly observed: ObservedServers;
  /** False until a reload asks for passwords of its host. */
  readonly mayAdd: boolean;
}

function planBackend(backend: Backend, state: BackendState): readonly ServerChange[] {
  const named = new Set(backend.namedServers.map(({ hostname, port }) => `${hostname}:${port}`));
  const wanted = new Set(backend.servers.map(({ name }) => name));
  const unwanted = [...state.has.values()].filter(({ name }) => !wanted.has(name) && !named.has(name));
  // Servers are added before others are removed.
  return [
    ...backend.servers.flatMap((server) => planServer(backend, server, state)),
    ...unwanted.flatMap((server) => planRemoval(server, { ...state, timeoutMs: backend.drainTimeoutMs })),
  ];
}

function planServer(backend: Backend, server: Server, state: BackendState): readonly ServerChange[] {
  const { name, weight } = server;
  const has = state.has.get(name);
  if (server.state === 'drain') {
    if (has === undefined) return [];
    if (!has.isOut) return [{ kind: 'drain', name }];
    const out = state.observed.out.get(`${state.section}/${name}`);
    return out && !out.isShut && isOver(out.sinceMs, { ...state, timeoutMs: backend.drainTimeoutMs })
      ? [{ kind: 'shut', name }]
      : [];
  }
  if (has === undefined) {
    if (!state.mayAdd) return [];
    return [{ kind: 'add', name, arguments: serverArguments(server, state.how.serverParameters) }];
  }
  return [
    ...(has.weight === weight ? [] : [{ kind: 'weight', name, weight } as const]),
    ...(has.isOut ? [{ kind: 'ready', name } as const] : []),
  ];
}

interface Removal extends Pick<BackendState, 'section' | 'observed'> {
  /** How long requests may go on; null: the default of the host. */
  readonly timeoutMs: number | null;
}

function planRemoval({ name }: RunningServer, removal: Removal): readonly ServerChange[] {
  const out = removal.observed.out.get(`${removal.section}/${name}`);
  if (out === undefined) return [{ kind: 'remove', name, force: false }];
  return out.isDue ? [{ kind: 'remove', name, force: isOver(out.sinceMs, removal) }] : [];
}

/** The hosts with a rule that does not ask for its passwords yet. A new server could be one whose paths need them. */
function guardedHosts({ wanted, rendered, leftOut }: Omit<PlacedBackends, 'sections'>): ReadonlySet<string> {
  const protectedOnes = [...wanted.values()].filter(({ options }) => options.basicAuth.length > 0);
  if (protectedOnes.length === 0) return NO_HOSTS;
  const users = new Map([...rendered.values()].map((running) => [running.rule, running.users]));
  const waiting = protectedOnes.filter(
    ({ name, rule, options }) => !leftOut(name) && !mayUse(users.get(rule) ?? [], options.basicAuth),
  );
  return new Set(waiting.map(({ rule }) => hostOfRule(rule)));
}

const NO_HOSTS: ReadonlySet<string> = new Set();

/** Whether a backend that asks for passwords lets nobody in whom the wanted one does not. */
function mayUse(running: readonly string[], wanted: readonly string[]): boolean {
  return running.length > 0 && running.every((user) => wanted.includes(user));
}

function isOver(sinceMs: number, { timeoutMs, observed }: Removal): boolean {
  return observed.nowMs - sinceMs >= (timeoutMs ?? observed.drainTimeoutMs);
}
