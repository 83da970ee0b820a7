import type { Cidr } from '../../model/index.ts';
import {
  type AcceptedPeer,
  type ChosenPath,
  choosePath,
  type PathEvidence,
  type PeerPath,
  patienceMs,
  type Reach,
  underlayCandidates,
} from '../../overlay/index.ts';
import type { Clock } from '../../system/index.ts';

/** What this host knows of the ways to the others when it decides. */
export interface Situation {
  /** The living ones. */
  readonly peers: readonly AcceptedPeer[];
  /** Hosts that do not probe, by id: they are reached as they were last. */
  readonly absent: Iterable<string>;
  /** The networks of this host, and the number of its addresses that others try. */
  readonly networks: readonly Cidr[];
  readonly ownAddresses: number;
  /** What the probes found, by host id. */
  readonly paths: ReadonlyMap<string, PeerPath>;
  /** Hosts that are reached by plain routes: they have one address. */
  readonly plain: ReadonlySet<string>;
}

/** Where each peer is reached. */
export interface Reaches {
  /** The identical function while nothing changed. */
  current(): (peer: AcceptedPeer) => Reach;
  /** Decides again; whether something changed. */
  decide(situation: Situation): boolean;
}

export function createReaches({ clock }: { readonly clock: Clock }, hostId: string): Reaches {
  const candidatesOf = createCandidates();
  let chosen: ReadonlyMap<string, ChosenPath> = new Map();
  let networks: readonly Cidr[] = [];
  let reaches: ReadonlyMap<string, Reach> = new Map();
  const read = (known: ReadonlyMap<string, Reach>) => (peer: AcceptedPeer) =>
    known.get(peer.host.id) ?? {
      address: candidatesOf(networks, peer)[0] ?? peer.host.address,
      isSilent: false,
      mtu: null,
    };
  let current = read(reaches);

  const choose = (peer: AcceptedPeer, { paths, plain, ownAddresses }: Situation): ChosenPath | null => {
    const { id, address } = peer.host;
    const candidates = plain.has(id) ? [address] : candidatesOf(networks, peer);
    const timing = { nowMs: clock.monotonic(), patienceMs: patienceMs(hostId, id, ownAddresses) };
    return choosePath(chosen.get(id) ?? null, candidates, evidenceOf(clock, paths.get(id)), timing);
  };
  return {
    current: () => current,
    decide: (situation) => {
      networks = situation.networks;
      const choices = situation.peers.flatMap((peer) => {
        const choice = choose(peer, situation);
        return choice ? [[peer.host.id, choice] as const] : [];
      });
      const next = choices.map(([id, { address }]): readonly [string, Reach] => {
        const path = situation.paths.get(id);
        return [id, { address, isSilent: path?.state === 'silent', mtu: path?.mtu ?? null }];
      });
      for (const id of situation.absent) {
        const [choice, reach] = [chosen.get(id), reaches.get(id)];
        if (choice) choices.push([id, choice]);
        if (reach) next.push([id, reach]);
      }
      chosen = new Map(choices);
      if (next.length === reaches.size && next.every(([id, reach]) => isSame(reaches.get(id), reach))) return false;
      reaches = new Map(next);
      current = read(reaches);
      return true;
    },
  };
}

/** Computed once for each peer and networks, not in each round. */
function createCandidates(): (networks: readonly Cidr[], peer: AcceptedPeer) => readonly string[] {
  const known = new WeakMap<AcceptedPeer, { readonly networks: readonly Cidr[]; readonly found: readonly string[] }>();
  return (networks, peer) => {
    const before = known.get(peer);
    if (before?.networks === networks) return before.found;
    const { addresses = [], publicAddress = null } = peer.overlay ?? {};
    const found = underlayCandidates(networks, { address: peer.host.address, addresses, publicAddress });
    known.set(peer, { networks, found });
    return found;
  };
}

/** The wall clock may change, so only its difference to now counts. */
function evidenceOf(clock: Clock, path: PeerPath | undefined): PathEvidence {
  if (!path) return { state: 'unknown', sinceMs: clock.monotonic() };
  return { state: path.state, sinceMs: clock.monotonic() - (clock.now() - path.sinceMs) };
}

function isSame(a: Reach | undefined, b: Reach): boolean {
  return a !== undefined && a.address === b.address && a.isSilent === b.isSilent && a.mtu === b.mtu;
}
