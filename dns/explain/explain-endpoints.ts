import { isIP } from 'node:net';
import {
  createVotesBehind,
  type Endpoint,
  endpointWeight,
  lookupName,
  type NameMeaning,
  READINESS,
  type ServiceView,
  serviceOf,
  standingOf,
  type VotesBehind,
} from '../../view/index.ts';
import { addressByName, chooseEndpoints, containerEndpoints, familyOf } from '../answer/own-endpoints.ts';
import type { ResolveContext } from '../answer/resolve-context.ts';
import { TYPE } from '../wire/codes.ts';
import type { ExplainedEndpoint } from './explanation.ts';

export interface Considered {
  readonly endpoints: readonly ExplainedEndpoint[];
  readonly notes: readonly string[];
}

/** Every endpoint behind the given names, in order. */
export function explainEndpoints(context: ResolveContext, names: readonly string[]): Considered {
  const votesBehind = createVotesBehind(context.view);
  const parts = names.map((name) => {
    const { meaning } = lookupName(context.view, context.scope, name, context.search);
    return ofMeaning({ ...context, votesBehind }, meaning);
  });
  return {
    endpoints: parts.flatMap(({ endpoints }) => endpoints),
    notes: [...new Set(parts.flatMap(({ notes }) => notes))],
  };
}

interface ExplainContext extends ResolveContext {
  readonly votesBehind: VotesBehind;
}

function ofMeaning(context: ExplainContext, meaning: NameMeaning): Considered {
  switch (meaning.kind) {
    case 'service':
      return ofServices(context, meaning.services, meaning.full);
    case 'cname':
      return ofServices(context, meaning.services, false);
    case 'container':
      return { endpoints: ofContainers(context, meaning), notes: [] };
    default:
      return { endpoints: [], notes: [] };
  }
}

function ofServices(context: ExplainContext, services: readonly ServiceView[], full: boolean): Considered {
  const { type } = context;
  const { found, notLocal } = chooseEndpoints(context, services, full);
  const elsewhere = new Set(notLocal.map(identityOf));
  const endpoints = found.flatMap(({ all }) =>
    all.map((endpoint): ExplainedEndpoint => {
      const second = endpoint.answered && elsewhere.has(identityOf(endpoint));
      if (!second) return ofFamily(type, explained(context, endpoint, endpoint.answered, endpoint.reason));
      if (type === TYPE.SRV) return explained(context, endpoint, true, 'on another host: lower priority');
      const reason = 'ready, but on another host; the service prefers local endpoints';
      return explained(context, endpoint, false, reason);
    }),
  );
  return { endpoints, notes: found.flatMap(({ notes }) => notes) };
}

function ofContainers(
  context: ExplainContext,
  meaning: Extract<NameMeaning, { kind: 'container' }>,
): readonly ExplainedEndpoint[] {
  const { view } = context;
  const given = containerEndpoints(context, meaning);
  return meaning.containers.map((container) => {
    const endpoint = given.find((one) => one.container === container);
    if (endpoint) return ofFamily(context.type, explained(context, endpoint, true, endpoint.reason));
    const standing = standingOf(container, false);
    const reach = addressByName(context, container, meaning.network);
    const reason = READINESS[standing].name === 'use' && !reach.ok ? reach.reason : READINESS[standing].when;
    const service = serviceOf(view, container)?.key ?? '';
    return explained(context, { container, service, addresses: [], standing }, false, reason);
  });
}

/** Marks an endpoint as not given if it has no address of the requested type. */
function ofFamily(type: number, endpoint: ExplainedEndpoint): ExplainedEndpoint {
  const family = familyOf(type);
  if (!endpoint.given || family === null || endpoint.addresses.some((text) => isIP(text) === family)) return endpoint;
  return { ...endpoint, given: false, reason: `it has no IPv${family} address` };
}

function explained(
  { view, votesBehind }: ExplainContext,
  endpoint: Pick<Endpoint, 'service' | 'container' | 'addresses' | 'standing'>,
  given: boolean,
  reason: string,
): ExplainedEndpoint {
  const { service, container, addresses, standing } = endpoint;
  return {
    service: service || null,
    container: container?.name ?? null,
    host: container && (view.snapshot.hosts.get(container.hostId)?.host?.name ?? container.hostId),
    addresses,
    given,
    reason,
    votes: votesBehind(container, standing),
    weight: endpointWeight(view, endpoint),
  };
}

function identityOf({ container, service, address }: Pick<Endpoint, 'container' | 'service' | 'address'>): string {
  return `${service} ${container?.id ?? address}`;
}
