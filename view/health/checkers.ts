import { type Container, compareText, type HealthCheck, type Host, hash32, type Snapshot } from '../../model/index.ts';
import { networkOwner } from '../endpoints/network-owner.ts';
import { isOnManaged } from '../endpoints/shared-networks.ts';
import type { HostView } from '../host-view/host-view.ts';

/** How many hosts check a container, its own among them. */
const CHECKERS = 3;

const VOTERS = 2;

const STRATEGY_LABEL = 'io.rancher.host.healthcheck.deploy_strategy';

/** The hosts that check containers of other hosts. */
export type Checkers = readonly Checker[];

export interface Checker {
  readonly hostId: string;
  /** Of the id. */
  readonly hash: number;
}

/** In order of id. A host without a subnet of the managed network reaches no container of another host. */
export function checkersIn({ hosts }: Pick<Snapshot, 'hosts'>): Checkers {
  const able = [...hosts.values()].flatMap(({ host }) => (host && checksOthers(host) ? [host.id] : []));
  return able.sort(compareText).map((hostId) => ({ hostId, hash: hash32(hostId) }));
}

function checksOthers({ labels, subnets }: Host): boolean {
  return subnets.length > 0 && labels[STRATEGY_LABEL] !== 'skip';
}

/** The hosts that check a container with this check, its own first. */
export function checkerHosts(
  view: HostView,
  container: Container,
  check: HealthCheck,
  checkers: Checkers,
): readonly string[] {
  return isCheckedElsewhere(view, container, check) ? checkersOf(container, checkers) : [container.hostId];
}

/** Whether other hosts than its own check a container: one of a service, which they reach. A command runs in the container. */
export function isCheckedElsewhere(view: HostView, container: Container, check: HealthCheck): boolean {
  if (container.service === null || check.exec !== null) return false;
  const home = view.snapshot.hosts.get(container.hostId);
  const owner = networkOwner(view, container);
  return home !== undefined && owner !== null && (owner.networkMode === 'host' || isOnManaged(home, owner));
}

/**
 * The own host of a container, then the hosts with the highest weights (rendezvous hashing). Every host comes to the same list. If a
 * host comes or goes, only the containers that it checks or will check get another one.
 */
export function checkersOf({ id, hostId }: Pick<Container, 'id' | 'hostId'>, checkers: Checkers): readonly string[] {
  const own = hash32(id);
  const others: { readonly hostId: string; readonly weight: number }[] = [];
  for (const checker of checkers) {
    if (checker.hostId === hostId) continue;
    const weight = mix(own ^ checker.hash);
    const last = others.at(-1);
    if (others.length === CHECKERS - 1 && last && weight <= last.weight) continue;
    others.push({ hostId: checker.hostId, weight });
    others.sort((a, b) => b.weight - a.weight);
    if (others.length === CHECKERS) others.pop();
  }
  return [hostId, ...others.map((other) => other.hostId)];
}

/**
 * Of the hosts that check a container, those that always vote. The others vote only if they would change the verdict, so that a change
 * that all hosts see costs two votes.
 */
export function votersOf(checkers: readonly string[]): readonly string[] {
  return checkers.slice(0, VOTERS);
}

/** Spreads the bits, so that similar values get unrelated weights [MurmurHash3, final mix]. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
