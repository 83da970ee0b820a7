import {
  type BackendName,
  type BackendSetting,
  compareText,
  factOf,
  type Host,
  type HostPaths,
  isEncrypted,
  PATHS_FACT,
  type PathState,
  type Problem,
  type TunnelSlot,
} from '../../../model/index.ts';
import type { PeerPath, TunnelTraffic } from '../../../overlay/index.ts';
import type { HostView } from '../../../view/index.ts';
import { createDirections, type Direction, type ReadDirection } from './directions.ts';
import { hostName } from './host-name.ts';
import { pathProblems } from './path-problems.ts';
import type { PeerTunnel, TunnelSources } from './tunnel-sources.ts';

/** The path of this host to another one. */
export interface OverlayRow {
  readonly hostId: string;
  readonly host: string;
  /** Its agent does not run: the tunnel stands, and nothing is known of the path. */
  readonly absent: boolean;
  readonly backend: BackendName | null;
  readonly slot: TunnelSlot;
  readonly encrypted: boolean;
  /** Where the tunnel ends on the underlay. */
  readonly address: string | null;
  readonly port: number | null;
  readonly state: PathState;
  /** From this host to the other one, and back, as both ends say. */
  readonly outbound: Direction;
  readonly inbound: Direction;
  readonly rttMs: number | null;
  readonly lossIn: number | null;
  readonly lossOut: number | null;
  /** Largest packet that reaches the other host, bytes. */
  readonly mtu: number | null;
  readonly receivedBytes: number | null;
  readonly sentBytes: number | null;
  readonly keyAgeSeconds: number | null;
  readonly lastSeenAtMs: number | null;
  /** Since when it has been in this state; null: it was never probed. */
  readonly sinceMs: number | null;
}

/** Paths between all hosts. */
export interface OverlayMatrix {
  readonly hosts: readonly string[];
  /** `cells[from][to]`, in the order of `hosts`; null: there are too many hosts. */
  readonly cells: readonly (readonly Direction[])[] | null;
  readonly lost: readonly { readonly from: string; readonly to: string }[];
}

const MOST_CELLS = 50;

/** The JSON of `GET /v1/overlay`. */
export interface OverlayPage {
  readonly host: string;
  /** False: this host takes no part in the managed network, or this is its saved state. */
  readonly live: boolean;
  /** What operators want, and what follows from it; null: not decided yet. */
  readonly setting: BackendSetting | null;
  readonly backend: BackendName | null;
  readonly reason: string;
  readonly rows: readonly OverlayRow[];
  readonly matrix: OverlayMatrix;
  readonly problems: readonly Problem[];
}

export async function readOverlay(view: HostView, sources: TunnelSources): Promise<OverlayPage> {
  return overlayPage(view, sources, await sources.traffic());
}

/** The paths of this host alone. */
export async function readRows(view: HostView, sources: TunnelSources): Promise<readonly OverlayRow[]> {
  const direction = createDirections(view, sources.paths());
  return rowsOf(view, sources, direction, await sources.traffic());
}

/** Pure but for `sources`. */
export function overlayPage(
  view: HostView,
  sources: TunnelSources,
  traffic: ReadonlyMap<string, TunnelTraffic>,
): OverlayPage {
  const { snapshot, hostId } = view;
  const { setting = null, backend = null, reason = '' } = snapshot.overlay ?? {};
  const paths = sources.paths();
  const direction = createDirections(view, paths);
  return {
    host: hostName(view, hostId),
    live: sources.tunnels() !== null,
    setting,
    backend,
    reason,
    rows: rowsOf(view, sources, direction, traffic),
    matrix: matrixOf(view, paths, direction),
    problems: pathProblems(view, sources),
  };
}

function rowsOf(
  view: HostView,
  { tunnels, paths }: TunnelSources,
  direction: ReadDirection,
  traffic: ReadonlyMap<string, TunnelTraffic>,
): readonly OverlayRow[] {
  const known = paths();
  const rows = (tunnels() ?? []).map((tunnel) =>
    rowOf(view, tunnel, { path: known.get(tunnel.hostId), traffic: traffic.get(tunnel.hostId), direction }),
  );
  return rows.toSorted((a, b) => compareText(a.host, b.host) || compareText(a.hostId, b.hostId));
}

interface Measured {
  readonly path: PeerPath | undefined;
  readonly traffic: TunnelTraffic | undefined;
  readonly direction: ReadDirection;
}

function rowOf(view: HostView, tunnel: PeerTunnel, { path, traffic, direction }: Measured): OverlayRow {
  const { hostId, host, absent, backend, slot, address, port } = tunnel;
  return {
    hostId,
    host,
    absent,
    backend,
    slot,
    encrypted: backend !== null && isEncrypted(backend),
    address,
    port,
    state: path?.state ?? 'unknown',
    outbound: direction(view.hostId, hostId),
    inbound: direction(hostId, view.hostId),
    rttMs: path?.rttMs ?? null,
    lossIn: path?.lossIn ?? null,
    lossOut: path?.lossOut ?? null,
    mtu: path?.mtu ?? null,
    receivedBytes: traffic?.receivedBytes ?? null,
    sentBytes: traffic?.sentBytes ?? null,
    keyAgeSeconds: traffic?.keyAgeSeconds ?? null,
    lastSeenAtMs: path?.lastSeenAtMs ?? null,
    sinceMs: path?.sinceMs ?? null,
  };
}

function matrixOf(view: HostView, paths: ReadonlyMap<string, PeerPath>, direction: ReadDirection): OverlayMatrix {
  const hosts = [...view.snapshot.hosts.values()].flatMap(({ host }) =>
    host && host.subnets.length > 0 ? [host] : [],
  );
  const sorted = hosts.toSorted((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id));
  const row = (from: Host): readonly Direction[] =>
    sorted.map((to) => (from === to ? 'ok' : direction(from.id, to.id)));
  return {
    hosts: sorted.map(({ name }) => name),
    cells: sorted.length > MOST_CELLS ? null : sorted.map(row),
    lost: lostPairs(view, paths, direction).map(([from, to]) => ({
      from: hostName(view, from),
      to: hostName(view, to),
    })),
  };
}

/** From what the hosts say does not work, because asking for each pair of 1,000 hosts would take long. */
function lostPairs(
  { snapshot, hostId: self }: HostView,
  paths: ReadonlyMap<string, PeerPath>,
  direction: ReadDirection,
): readonly (readonly [from: string, to: string])[] {
  const own = [...paths].flatMap(([other]) => [`${self} ${other}`, `${other} ${self}`]);
  const said = [...snapshot.hosts].flatMap(([judge, state]) => {
    const { silent = [], unheard = [] } = factOf<HostPaths>(state, PATHS_FACT) ?? {};
    return [...silent.map((other) => `${other} ${judge}`), ...unheard.map((other) => `${judge} ${other}`)];
  });
  const pairs = [...new Set([...own, ...said])].sort().map((pair) => pair.split(' ') as [string, string]);
  return pairs.filter(
    ([from, to]) => snapshot.hosts.has(from) && snapshot.hosts.has(to) && direction(from, to) === 'lost',
  );
}
