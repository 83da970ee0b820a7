import type { Backend, Server, StatRow } from '../../../lb/index.ts';
import { SERVER } from './traffic.ts';

/** Statistics by proxy and server; the lines of a proxy itself have the names `FRONTEND` and `BACKEND`. Null: HAProxy does not reply. */
export type LiveRows = ReadonlyMap<string, ReadonlyMap<string, StatRow>> | null;

export function liveRows(stat: readonly StatRow[] | null): LiveRows {
  if (stat === null) return null;
  const byProxy = Map.groupBy(stat, ({ pxname }) => pxname);
  return new Map([...byProxy].map(([proxy, rows]) => [proxy, new Map(rows.map((row) => [row.svname, row]))]));
}

/**
 * `adding`: HAProxy does not have it yet. `removing`: HAProxy still has it, until its connections end. `unresolved`: its host name has no
 * address. `unknown`: HAProxy does not reply.
 */
export type ServerState = 'ready' | 'draining' | 'adding' | 'removing' | 'unresolved' | 'unknown';

/** A server that is wanted or that HAProxy still has. */
export interface LiveServer {
  /** Address and port, or host name and port. */
  readonly name: string;
  readonly service: string;
  /** Null for an external address. */
  readonly containerId: string | null;
  readonly state: ServerState;
  readonly weight: number;
  readonly row: StatRow | null;
}

export function liveServers(backend: Backend, live: LiveRows): readonly LiveServer[] {
  const rows = live?.get(backend.name);
  const read = ({ name, state, ...rest }: Wanted): LiveServer => {
    const row = rows?.get(name) ?? null;
    return { name, ...rest, state: live === null ? 'unknown' : stateOf(state, row), row };
  };
  const wanted = wantedServers(backend).map(read);
  const names = new Set(wanted.map(({ name }) => name));
  const leaving = [...(rows?.values() ?? [])].filter(({ type, svname }) => type === SERVER && !names.has(svname));
  const service = backend.services.join(', ');
  const rest = { service, containerId: null, state: 'removing', weight: 0 } as const;
  return [...wanted, ...leaving.map((row) => ({ name: row.svname, ...rest, row }))];
}

type Wanted = Pick<Server, 'name' | 'service' | 'containerId' | 'state' | 'weight'>;

function wantedServers({ servers, namedServers }: Backend): readonly Wanted[] {
  const named = namedServers.map(({ hostname, port, weight, service }) => {
    return { name: `${hostname}:${port}`, service, containerId: null, state: 'ready', weight } as const;
  });
  return [
    ...servers.map(({ name, service, containerId, state, weight }) => ({ name, service, containerId, state, weight })),
    ...named,
  ];
}

function stateOf(wanted: Server['state'], row: StatRow | null): ServerState {
  if (row === null) return 'adding';
  if (wanted === 'drain') return 'draining';
  return row.status.startsWith('MAINT') ? 'unresolved' : 'ready';
}
