import { isIP } from 'node:net';
import type { Container } from '../../model/index.ts';
import {
  type AnsweredEndpoint,
  addressOnNetwork,
  containerAddress,
  type Endpoints,
  endpointsOf,
  endpointWeights,
  isReady,
  READINESS,
  type Reach,
  type ServiceAnswers,
  type ServiceView,
  serviceAnswers,
  serviceKeyOf,
  serviceOf,
  standingOf,
  type Unreachable,
} from '../../view/index.ts';
import type { AddressResolution } from '../query/resolution.ts';
import { TYPE } from '../wire/codes.ts';
import type { ResolveContext } from './resolve-context.ts';

/** The addresses of an answer, and how they are given. */
export type Given = Pick<AddressResolution, 'addresses' | 'give' | 'weights' | 'ttlSeconds'>;

type Asked = Pick<ResolveContext, 'view' | 'scope' | 'recorder'>;

/** The endpoints in the answer for the services of one name. The options of the first service apply. */
export interface ChosenEndpoints {
  readonly options: ServiceAnswers;
  /** Of each service, with the reasons. */
  readonly found: readonly Endpoints[];
  readonly taken: readonly AnsweredEndpoint[];
  /** Also ready, but on other hosts, while the service prefers local endpoints. */
  readonly notLocal: readonly AnsweredEndpoint[];
}

const NO_OPTIONS: ServiceAnswers = { give: 'all', started: false, ttlSeconds: null, preferLocal: false, texts: [] };

/** `full`: queried by `all.`, where only the TTL option applies. */
export function chooseEndpoints(
  { view, scope, recorder }: Asked,
  services: readonly ServiceView[],
  full: boolean,
): ChosenEndpoints {
  const [first] = services;
  const said = first ? serviceAnswers(first) : NO_OPTIONS;
  const options: ServiceAnswers = full ? { ...said, give: 'all', preferLocal: false } : said;
  const consumer = full ? 'all' : 'dns';
  const found = services.map((service) => endpointsOf(view, service, consumer, scope.container, recorder));
  const answer = found.flatMap((one) => one.answer);
  const isLocal = ({ container }: AnsweredEndpoint) => container?.hostId === view.hostId;
  const local = options.preferLocal ? answer.filter(isLocal) : [];
  if (local.length === 0) return { options, found, taken: answer, notLocal: [] };
  return { options, found, taken: local, notLocal: answer.filter((endpoint) => !isLocal(endpoint)) };
}

/**
 * The endpoints of containers queried by a name of their own; none if their state excludes them. A name of Docker means their addresses
 * on one network, and if several containers share it, those that are not ready are left out while others are.
 */
export function containerEndpoints(
  asked: Asked,
  { containers, network }: { readonly containers: readonly Container[]; readonly network?: string },
): readonly AnsweredEndpoint[] {
  const endpoints = containers.flatMap((container) => endpointByName(asked, container, network) ?? []);
  const ready = network === undefined ? [] : endpoints.filter(isReady);
  return ready.length > 0 ? ready : endpoints;
}

function endpointByName(asked: Asked, container: Container, network?: string): AnsweredEndpoint | null {
  const { view, recorder } = asked;
  const standing = standingOf(container, false);
  const reach = addressByName(asked, container, network);
  if (READINESS[standing].name !== 'use' || !reach.ok) return null;
  const { address, addresses, via, ports } = reach;
  const service = serviceOf(view, container)?.key ?? '';
  // The service also determines ports and weight.
  if (service !== '') recorder?.depends(serviceKeyOf(service));
  const reason = READINESS[standing].when;
  return { service, container, address, addresses, via, ports, standing, answered: true, reason };
}

/** The address of a container queried by a name of its own, or by a name of Docker on a network. */
export function addressByName(
  { view, scope, recorder }: Asked,
  container: Container,
  network?: string,
): Reach | Unreachable {
  if (network !== undefined) return addressOnNetwork(view, container, network, recorder);
  return containerAddress(view, container, scope.container, recorder);
}

/** Addresses of the requested type without duplicates, with their weights if those differ. */
export function givenAddresses(
  { view, type }: Pick<ResolveContext, 'view' | 'type'>,
  endpoints: readonly AnsweredEndpoint[],
  { give, ttlSeconds }: Pick<ServiceAnswers, 'give' | 'ttlSeconds'> = NO_OPTIONS,
): Given {
  const family = familyOf(type);
  const given = new Map<string, AnsweredEndpoint>();
  for (const endpoint of endpoints) {
    const address = endpoint.addresses.find((text) => isIP(text) === family);
    if (address !== undefined && !given.has(address)) given.set(address, endpoint);
  }
  return { addresses: [...given.keys()], give, ttlSeconds, weights: endpointWeights(view, [...given.values()]) };
}

/** 4 for A, 6 for AAAA, null for other types. */
export function familyOf(type: number): 4 | 6 | null {
  return type === TYPE.A ? 4 : type === TYPE.AAAA ? 6 : null;
}
