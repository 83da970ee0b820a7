import type { FactsPart } from '../../facts/index.ts';
import {
  factOf,
  type Host,
  type HostOverlay,
  type HostState,
  type JsonValue,
  OVERLAY_FACT,
  type Snapshot,
  type TunnelId,
} from '../../model/index.ts';
import {
  type AcceptedPeer,
  type AcceptedPeers,
  acceptPeers,
  type Backend,
  type BackendFacts,
  type DesiredTunnels,
  endsOf,
  type FloorTunnels,
  floorTunnels,
  NO_PEERS,
  type OwnNetwork,
  type PeersPlan,
  planPeers,
  type Reach,
  tunnelKey,
} from '../../overlay/index.ts';
import { earlierIfEqual, keepIdentical } from '../../reconcile/index.ts';
import type { HostView } from '../../view/index.ts';
import type { NetworkState } from '../network/network-state.ts';
import type { Reaches } from './reaches.ts';

/** How this host and the others reach each other now. */
export interface OverlayState {
  /** The fact of this host. */
  own(): HostOverlay;
  /** Largest packet of this host's network device, bytes; null: not read yet. */
  underlayMtu(): number | null;
  /** Publishes a fact that differs. */
  publish(own: HostOverlay): void;
  /** The tunnels that this host keeps ready. */
  kept(): readonly TunnelId[];
  keep(kept: readonly TunnelId[]): void;
  /** The other hosts of the managed network, without what belongs to somebody else. */
  accepted(view: HostView): AcceptedPeers;
  /** Null: not known yet. The identical one while nothing changed. */
  plan(view: HostView): PeersPlan | null;
  /** Which devices may carry packets between containers. The identical one while nothing changed. */
  carriers(view: HostView): FloorTunnels;
  /** The peers that answer over a tunnel, by `tunnelKey`: this host changes to a tunnel only then. */
  answer(answering: ReadonlyMap<string, ReadonlySet<string>>): void;
  /** What one driver should keep. */
  desired(view: HostView, backend: Pick<Backend, 'name' | 'slot'>): DesiredTunnels | null;
}

export interface OverlayStateSources {
  readonly hostId: string;
  readonly network: Pick<NetworkState, 'current'>;
  readonly address: () => string;
  readonly backends: readonly (BackendFacts & Pick<Backend, 'device' | 'port'>)[];
  readonly reaches: Pick<Reaches, 'current'>;
  /** Owns the fact `overlay`; starts with the one of an earlier agent. */
  readonly facts: Pick<FactsPart, 'get' | 'set'>;
  /** Whether an earlier agent took part in the managed network, perhaps without the fact `overlay`. */
  readonly hadSubnet: boolean;
  readonly onChange: () => void;
}

const NOTHING: DesiredTunnels = { own: null, peers: [] };

export function createOverlayState(sources: OverlayStateSources): OverlayState {
  const { hostId, network, address, backends, reaches, facts, onChange } = sources;
  const earlier = facts.get(OVERLAY_FACT) as HostOverlay | null;
  let isRead = earlier !== null;
  let own = earlier ?? firstFact(sources);
  facts.set(OVERLAY_FACT, own as unknown as JsonValue);
  let kept: readonly TunnelId[] = own.ends.map(({ backend, slot }) => ({ backend, slot }));
  let accepted = NO_PEERS;
  let answering: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  let lastCarriers: FloorTunnels | undefined;
  let lastPlan: PeersPlan | undefined;
  const carried = keepIdentical((ids: readonly TunnelId[], { peers, absent }: AcceptedPeers) => {
    lastCarriers = earlierIfEqual(lastCarriers, floorTunnels(ids, backends, [...peers.values(), ...absent.values()]));
    return lastCarriers;
  });
  const accept = keepIdentical(
    (subnet: string | null, owners: Snapshot['subnets'], ...states: readonly HostFacts[]) => {
      accepted = acceptPeers(accepted, subnet === null ? [] : [subnet], pairs(states), owners);
      return accepted;
    },
  );
  const acceptFrom = keepIdentical(
    (hosts: HostView['snapshot']['hosts'], subnet: string | null, owners: Snapshot['subnets']) =>
      accept(subnet, owners, ...[...hosts].flatMap(([id, host]) => (id === hostId ? [] : factsOf(host)))),
  );
  const planned = keepIdentical(
    (
      choice: HostView['snapshot']['overlay'],
      keptNow: readonly TunnelId[],
      ready: readonly TunnelId[],
      mine: OwnNetwork,
      from: string,
      underlayMtu: number,
      answers: ReadonlyMap<string, ReadonlySet<string>>,
      reach: (peer: AcceptedPeer) => Reach,
      peers: AcceptedPeers,
    ) => {
      const plan = planPeers(
        {
          hostId,
          choice,
          kept: keptNow,
          ready,
          answering: answers,
          network: mine,
          address: from,
          underlayMtu,
          backends,
          reach,
        },
        peers,
      );
      lastPlan = keepEqualParts(lastPlan, plan);
      return lastPlan;
    },
  );

  const state: OverlayState = {
    own: () => own,
    underlayMtu: () => (isRead ? own.underlayMtu : null),
    publish: (next) => {
      const isFirst = !isRead;
      isRead = true;
      if (isFirst) onChange();
      if (JSON.stringify(next) === JSON.stringify(own)) return;
      own = next;
      facts.set(OVERLAY_FACT, own as unknown as JsonValue);
      onChange();
    },
    kept: () => kept,
    keep: (next) => {
      if (JSON.stringify(next) === JSON.stringify(kept)) return;
      kept = next;
      onChange();
    },
    accepted: ({ snapshot }) => acceptFrom(snapshot.hosts, network.current()?.subnet ?? null, snapshot.subnets),
    plan: (view) => {
      const mine = network.current();
      if (mine === null) return null;
      const { overlay: choice } = view.snapshot;
      return planned(
        choice,
        kept,
        own.ends,
        mine,
        address(),
        own.underlayMtu,
        answering,
        reaches.current(),
        state.accepted(view),
      );
    },
    carriers: (view) => carried(kept, state.accepted(view)),
    answer: (next) => {
      if (isEqual(next, answering)) return;
      answering = next;
      onChange();
    },
    desired: (view, { name, slot }) => {
      const plan = state.plan(view);
      return plan && (plan.tunnels.get(tunnelKey({ backend: name, slot })) ?? NOTHING);
    },
  };
  return state;
}

/** A change of one peer concerns the routes only if the tunnel carries it elsewhere, and only the backends that reach it. */
function keepEqualParts(last: PeersPlan | undefined, next: PeersPlan): PeersPlan {
  const tunnels = [...next.tunnels].map(([key, one]) => [key, keepEqualPeers(last?.tunnels.get(key), one)] as const);
  return { ...next, routes: earlierIfEqual(last?.routes, next.routes), tunnels: new Map(tunnels) };
}

/** Drivers remember what they computed for a peer by its identity. */
function keepEqualPeers(last: DesiredTunnels | undefined, next: DesiredTunnels): DesiredTunnels {
  const known = new Map(last?.peers.map((peer) => [peer.hostId, peer]));
  const peers = next.peers.map((peer) => earlierIfEqual(known.get(peer.hostId), peer));
  return earlierIfEqual(last, { ...next, peers });
}

function isEqual(a: ReadonlyMap<string, ReadonlySet<string>>, b: ReadonlyMap<string, ReadonlySet<string>>): boolean {
  return a.size === b.size && [...a].every(([key, ids]) => b.get(key)?.symmetricDifference(ids).size === 0);
}

type HostFacts = Host | HostOverlay | null;

/** Two values for each host, so that they are compared by identity. */
function factsOf(state: HostState): readonly HostFacts[] {
  const { host } = state;
  return host === null || host.subnets.length === 0 ? [] : [host, factOf<HostOverlay>(state, OVERLAY_FACT)];
}

function pairs(states: readonly HostFacts[]) {
  return states.flatMap((value, index) =>
    index % 2 === 0 ? [{ host: value as Host, overlay: (states[index + 1] ?? null) as HostOverlay | null }] : [],
  );
}

/** A host that took part before it reported anything is reached by plain routes, until all others use something else. */
function firstFact({ hadSubnet, address }: OverlayStateSources): HostOverlay {
  const ends = hadSubnet ? endsOf(null) : [];
  return { abilities: [], ends, uses: 0, addresses: [address()], publicAddress: null, underlayMtu: 1500 };
}
