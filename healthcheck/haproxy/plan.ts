import type { Backend } from './backend.ts';
import type { Server } from './server.ts';

/** What a running HAProxy has. A server is identified by backend and name, and its name by its content. */
export interface Observed {
  readonly backends: ReadonlySet<string>;
  /** Backend by name of server. */
  readonly servers: ReadonlyMap<string, string>;
}

export type Change =
  /** A new process with these backends and no servers. */
  | { readonly kind: 'restart'; readonly backends: readonly Backend[] }
  | { readonly kind: 'remove'; readonly backend: string; readonly name: string }
  | { readonly kind: 'add'; readonly server: Server };

/** A backend that no server needs any more stays until the next restart: it costs nothing. */
export function plan(desired: readonly Server[], observed: Observed): readonly Change[] {
  const backends = new Map(desired.map(({ backend }) => [backend.name, backend]));
  if ([...backends.keys()].some((name) => !observed.backends.has(name))) {
    return [{ kind: 'restart', backends: [...backends.values()].toSorted(byName) }, ...adds(desired, new Map())];
  }
  const names = new Set(desired.map(({ name }) => name));
  const removes = [...observed.servers]
    .filter(([name]) => !names.has(name))
    .map(([name, backend]): Change => ({ kind: 'remove', backend, name }));
  return [...removes, ...adds(desired, observed.servers)];
}

function adds(desired: readonly Server[], present: ReadonlyMap<string, string>): readonly Change[] {
  const missing = new Map(desired.filter(({ name }) => !present.has(name)).map((server) => [server.name, server]));
  return [...missing.values()].toSorted(byName).map((server) => ({ kind: 'add', server }));
}

const byName = <T extends { readonly name: string }>(a: T, b: T): number =>
  a.name < b.name ? -1 : Number(a.name > b.name);
