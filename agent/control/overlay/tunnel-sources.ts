import { type BackendName, isSameTunnel, type Problem, type TunnelSlot } from '../../../model/index.ts';
import type { Backend, PeerPath, TunnelTraffic } from '../../../overlay/index.ts';
import type { HostView } from '../../../view/index.ts';
import type { Overlay } from '../../overlay/overlay.ts';

/** How this host reaches another one now. */
export interface PeerTunnel {
  readonly hostId: string;
  readonly host: string;
  /** Its agent does not run. */
  readonly absent: boolean;
  /** Null: the hosts have no backend in common, and there is no route. */
  readonly backend: BackendName | null;
  readonly slot: TunnelSlot;
  /** Where the tunnel ends on the underlay. */
  readonly address: string | null;
  /** UDP, null if the backend has none. */
  readonly port: number | null;
  /** The device of the tunnel; null: plain routes. */
  readonly device: string | null;
}

/** The paths of this host to all others, for people. */
export interface TunnelSources {
  /** In any order; null: this host takes no part in the managed network. */
  readonly tunnels: () => readonly PeerTunnel[] | null;
  /** What the probes found, by host id. */
  readonly paths: () => ReadonlyMap<string, PeerPath>;
  /** What the tunnels have carried, by host id. */
  readonly traffic: () => Promise<ReadonlyMap<string, TunnelTraffic>>;
  /** Why this host cannot probe; null if it can. */
  readonly probeProblem: () => Problem | null;
  /** UDP port of the probes. */
  readonly probePort: number;
}

/** How long the programs of the tunnels may take to tell their numbers. */
const TRAFFIC_MS = 2_000;

export function createTunnelSources(
  overlay: Pick<Overlay, 'plan' | 'prober' | 'reach' | 'state'>,
  { backends, view, signal }: { backends: readonly Backend[]; view: () => HostView; signal: AbortSignal },
  probePort: number,
): TunnelSources {
  const { plan, prober, reach, state } = overlay;
  const backendOf = (hostId: string): Backend | null => {
    const end = plan(view())?.used.get(hostId) ?? null;
    return backends.find(({ name, slot }) => isSameTunnel(end, { backend: name, slot })) ?? null;
  };
  const tunnels = () => {
    const newest = view();
    const planned = plan(newest);
    const { peers, absent } = state.accepted(newest);
    return (
      planned &&
      [...peers.values(), ...absent.values()].map((peer): PeerTunnel => {
        const { id: hostId, name: host } = peer.host;
        const { backend = null, slot = 0, port = null } = planned.used.get(hostId) ?? {};
        const address = backend === null ? null : reach(peer).address;
        const device = backendOf(hostId)?.device ?? null;
        return { hostId, host, absent: absent.has(hostId), backend, slot, address, port, device };
      })
    );
  };
  const traffic = async () => {
    const ends = tunnels() ?? [];
    const used = new Set(ends.flatMap(({ hostId }) => backendOf(hostId) ?? []));
    const limit = AbortSignal.any([signal, AbortSignal.timeout(TRAFFIC_MS)]);
    const carried = await Promise.all(
      [...used].map(async (backend) => [backend, await backend.traffic(limit).catch(() => new Map())] as const),
    );
    return new Map(
      ends.flatMap(({ hostId }) => {
        const own = backendOf(hostId);
        const found = carried.find(([backend]) => backend === own)?.[1].get(hostId);
        return found ? [[hostId, found] as const] : [];
      }),
    );
  };
  const probeProblem = () => {
    const what = prober.problem();
    const hint = `no action needed while the network is created; else free UDP port ${probePort}, or change network.probePort`;
    return what === null ? null : { subject: 'path probes', what, hint };
  };
  return { tunnels, paths: prober.status, traffic, probeProblem, probePort };
}
