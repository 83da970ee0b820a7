import type { FactsPart } from '../../facts/index.ts';
import type { Cidr } from '../../model/index.ts';
import {
  type AcceptedPeer,
  type Backend,
  createProber,
  type NetworkDocuments,
  type OverlayHost,
  type PeersPlan,
  type Prober,
  type Reach,
  tunnelComponent,
  tunnelName,
} from '../../overlay/index.ts';
import type { Component } from '../../reconcile/index.ts';
import { createWakeUp } from '../../system/index.ts';
import type { HostView } from '../../view/index.ts';
import type { Config } from '../config/config.ts';
import { hostNameOf } from '../host/local-source.ts';
import type { NetworkState } from '../network/network-state.ts';
import type { AgentDependencies } from '../parts/dependencies.ts';
import type { Part } from '../parts/part.ts';
import { choicePart } from './choice-part.ts';
import { createOverlayState, type OverlayState } from './overlay-state.ts';
import { pathsPart } from './paths-part.ts';
import { probePart } from './probe-part.ts';
import { createReaches } from './reaches.ts';
import { tunnelsPart } from './tunnels-part.ts';

export interface OverlaySources {
  readonly hostId: string;
  readonly view: () => HostView;
  readonly network: NetworkState;
  readonly address: () => string;
  readonly backends: readonly Backend[];
  readonly documents: () => Promise<Pick<NetworkDocuments, 'list' | 'put'>>;
  /** Owns the facts `overlay` and `paths`; starts with those of an earlier agent. */
  readonly facts: Pick<FactsPart, 'get' | 'set'>;
  readonly hadSubnet: boolean;
  /** When a component last left nothing to do, monotonic; null: not yet. */
  readonly appliedAtMs: (component: string) => number | null;
  /** Compares components with the kernel now. */
  readonly recheck: (components: readonly string[]) => void;
  /** Called when what is desired may have changed. */
  readonly onChange: () => void;
}

/** How the containers of this host and those of others reach each other. */
export interface Overlay {
  readonly state: OverlayState;
  readonly components: readonly Component<HostView>[];
  readonly parts: Readonly<Record<string, Part>>;
  readonly prober: Prober;
  /** Where a peer is reached now. */
  reach(peer: AcceptedPeer): Reach;
  plan(view: HostView): PeersPlan | null;
  /** The living hosts of the managed network, this one first. */
  hosts(view: HostView): readonly OverlayHost[];
  /** The view may have changed. Never waits. */
  changed(): void;
}

/** The components that follow from the devices of tunnels. */
const REPAIRED = ['managed-routing', 'overlay-floor'];

export function createOverlay(deps: AgentDependencies, config: Config, sources: OverlaySources): Overlay {
  const { backends, hostId, network } = sources;
  const changes = createWakeUp(deps.clock);
  const probeChanges = createWakeUp(deps.clock);
  const prober = createProber(deps, { port: config.network.probePort });
  const reaches = createReaches(deps, hostId);
  let networks: readonly Cidr[] = [];
  const state = createOverlayState({
    ...sources,
    reaches,
    onChange: () => {
      changes.wake();
      sources.onChange();
    },
  });
  const hosts = (newest: HostView): readonly OverlayHost[] => [
    { name: hostNameOf(config), overlay: state.own() },
    ...[...state.accepted(newest).peers.values()].map(({ host, overlay }) => ({ name: host.name, overlay })),
  ];
  const onNetworks = (found: readonly Cidr[]): void => {
    networks = found;
  };
  const recheck = (): void => sources.recheck([...REPAIRED, ...backends.map(tunnelName)]);
  const gateway = (): string | null => network.current()?.gateway ?? null;
  const paths = () => (gateway() === null ? null : prober.status());
  return {
    state,
    prober,
    reach: (peer) => reaches.current()(peer),
    components: backends.map((backend) => tunnelComponent(backend, (newest) => state.desired(newest, backend))),
    parts: {
      'overlay choice': choicePart(deps, { ...sources, state, hosts }, config.network),
      'overlay tunnels': tunnelsPart(
        deps,
        {
          ...sources,
          state,
          appliedAt: (backend) => sources.appliedAtMs(tunnelName(backend)) ?? -1,
          routedAtMs: () => sources.appliedAtMs('managed-routing') ?? -1,
          floorAtMs: () => sources.appliedAtMs('overlay-floor') ?? -1,
          recheck,
          changes,
          onNetworks,
        },
        config.host,
      ),
      'overlay probes': probePart({
        ...sources,
        ...deps,
        prober,
        reaches,
        state,
        networks: () => networks,
        gateway,
        changes: probeChanges,
      }),
      'overlay paths': pathsPart({ ...sources, ...deps, paths }),
      'overlay programs': async (signal, report) => {
        report.done();
        await Promise.all(backends.map((backend) => backend.run(signal)));
      },
    },
    plan: state.plan,
    hosts,
    changed: () => {
      changes.wake();
      probeChanges.wake();
    },
  };
}
