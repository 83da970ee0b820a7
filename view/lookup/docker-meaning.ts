import type { Container } from '../../model/index.ts';
import { networkOwner } from '../endpoints/network-owner.ts';
import { READINESS, standingOf } from '../endpoints/readiness.ts';
import { ASKER, containerKey, dockerKey } from '../host-view/dependency-key.ts';
import { dockerNameOn } from '../host-view/docker-name.ts';
import type { HostView } from '../host-view/host-view.ts';
import type { Lookup, NameMeaning } from './meaning.ts';
import type { AskerNetwork } from './scope.ts';

/** Some containers, with their addresses on one network. */
export type DockerMeaning = Extract<NameMeaning, { readonly kind: 'container' }>;

/**
 * What a name (lower case, no trailing dot) means in Docker's own resolver, for the networks of the asker: a name on any of them, or
 * a name and behind it the name of the network, both with or without dots. Null: Docker does not know it.
 */
export function dockerMeaning(lookup: Lookup, name: string): DockerMeaning | null {
  const { networks } = lookup.scope;
  const anywhere = onNetworks(lookup, networks, name);
  if (anywhere || networks.length === 0) return anywhere;
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const end = name.slice(dot + 1);
    const named = networks.filter((network) => network.name === end);
    const found = named.length === 0 ? null : onNetworks(lookup, named, name.slice(0, dot));
    if (found) return found;
  }
  return null;
}

/** Like Docker, only the containers on the first network that has the name. */
function onNetworks(lookup: Lookup, networks: readonly AskerNetwork[], name: string): DockerMeaning | null {
  const found = networks.flatMap(({ id }): readonly DockerMeaning[] => {
    const containers = bearersOn(lookup, id, name);
    return containers.length === 0 ? [] : [{ kind: 'container', name, containers, port: null, network: id }];
  });
  return found.find(({ containers }) => containers.some(isGiven)) ?? found[0] ?? null;
}

/** A link of the asker hides the containers of that name. */
function bearersOn({ view, scope, recorder }: Lookup, networkId: string, name: string): readonly Container[] {
  const link = scope.links.get(name);
  if (link?.kind === 'container') {
    const isThere = link.container.addresses.some((address) => address.networkId === networkId);
    recorder?.depends(containerKey(link.container.id));
    if (isThere) return [link.container];
  }
  const key = dockerNameOn(name, networkId);
  recorder?.depends(dockerKey(key));
  return view.index.docker.get(key) ?? [];
}

function isGiven(container: Container): boolean {
  return READINESS[standingOf(container, false)].name === 'use';
}

/** Whether a name of Drover has no records, or only those of containers of this host that are on no network of the asker. */
export function isElsewhere({ view, scope, recorder }: Lookup, meaning: NameMeaning): boolean {
  if (meaning.kind === 'empty') return true;
  const containers = meantContainers(meaning);
  if (!containers?.every((container) => isOnBridges(view, container))) return false;
  recorder?.depends(ASKER);
  const ids = new Set(scope.networks.map(({ id }) => id));
  const isHere = (container: Container) => container.addresses.some(({ networkId }) => ids.has(networkId));
  return !containers.some((container) => isHere(networkOwner(view, container, recorder) ?? container));
}

/** The containers whose addresses a name has; null: it has other addresses, or none. */
export function meantContainers(meaning: NameMeaning): readonly Container[] | null {
  if (meaning.kind === 'container') return meaning.port === null ? meaning.containers : null;
  if (meaning.kind !== 'service' || meaning.full || meaning.port !== null) return null;
  const isPlain = meaning.services.every(({ kind, declaration }) => kind === 'service' && !declaration?.vip);
  return isPlain ? meaning.services.flatMap(({ containers }) => containers) : null;
}

/** Whether it can be reached on networks of this host alone. */
function isOnBridges({ snapshot, hostId }: HostView, container: Container): boolean {
  if (container.hostId !== hostId || container.networkMode === 'host') return false;
  const networks = snapshot.hosts.get(hostId)?.networks;
  return container.addresses.every(({ networkId }) => networks?.get(networkId)?.kind !== 'managed');
}
