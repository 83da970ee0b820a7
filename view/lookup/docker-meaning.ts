import type { Container } from '../../model/index.ts';
import { containerAddress } from '../endpoints/address.ts';
import { READINESS, standingOf } from '../endpoints/readiness.ts';
import { ASKER, containerKey, dockerKey } from '../host-view/dependency-key.ts';
import { dockerNameOn } from '../host-view/docker-name.ts';
import type { Lookup, NameMeaning } from './meaning.ts';
import type { AskerNetwork } from './scope.ts';

/** Some containers, with their addresses on one network. */
type DockerMeaning = Extract<NameMeaning, { readonly kind: 'container' }>;

/**
 * What a name (lower case, no trailing dot) means in Docker's own resolver, for the networks of the asker: a name on any of them, or
 * a name and behind it the name of the network, both with or without dots. Null: Docker does not know it.
 */
export function dockerMeaning(lookup: Lookup, name: string): DockerMeaning | null {
  const { networks } = lookup.scope;
  lookup.recorder?.depends(ASKER);
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

/** Whether a name of Drover gives the asker no address: there are no records, or only those of containers that it does not reach. */
export function isOutOfReach({ view, scope, recorder }: Lookup, meaning: NameMeaning): boolean {
  if (WITHOUT_RECORDS.has(meaning.kind)) return true;
  const isReached = (container: Container) => containerAddress(view, container, scope.container, recorder).ok;
  return meantContainers(meaning)?.some(isReached) === false;
}

const WITHOUT_RECORDS: ReadonlySet<NameMeaning['kind']> = new Set(['empty', 'unknown', 'foreign']);

/** The containers whose addresses a name has; null: it has other addresses, or none. */
export function meantContainers(meaning: NameMeaning): readonly Container[] | null {
  if (meaning.kind === 'container') return meaning.port === null ? meaning.containers : null;
  if (meaning.kind !== 'service' || meaning.full || meaning.port !== null) return null;
  const isPlain = meaning.services.every(({ kind, declaration }) => kind === 'service' && !declaration?.vip);
  return isPlain ? meaning.services.flatMap(({ containers }) => containers) : null;
}
