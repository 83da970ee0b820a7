import { isIP } from 'node:net';
import {
  type Cidr,
  type Container,
  cidrContains,
  type HostState,
  nthAddress,
  ok,
  parseAddress,
  parseIpv4Cidr,
  plainAddress,
  problem,
  type Result,
} from '../../../model/index.ts';
import {
  containerAddress,
  endpointsOf,
  findContainer,
  type HostView,
  identify,
  lookupName,
  type NameMeaning,
  scopeOf,
  viewOf,
} from '../../../view/index.ts';
import { hostName } from './host-name.ts';

/** One end of a path: a container, or a host itself. */
export interface PathEnd {
  readonly hostId: string;
  readonly host: string;
  /** Null: the host itself. */
  readonly container: Container | null;
  /** `shop-web-1 on beta`. */
  readonly label: string;
  /** How the text led to it, for operators; empty: it is its name. */
  readonly how: string;
}

/** The view of the host of an end. */
export function viewAt(view: HostView, { hostId }: Pick<PathEnd, 'hostId'>): HostView {
  return hostId === view.hostId ? view : viewOf(view.snapshot, hostId);
}

/** The container or host that a text means: an address, a name or id of a container, a host, or a DNS name as `asker` would resolve it. */
export function findEnd(view: HostView, text: string, asker: PathEnd | null): Result<PathEnd> {
  if (isIP(text) !== 0) return endAtAddress(view, plainAddress(text));
  const container = findContainer(view, text);
  if (container.ok) return ok(endOf(view, container.value));
  const host = [...view.snapshot.hosts].find(([id, state]) => id === text || state.host?.name === text);
  if (host) return ok(hostEnd(view, host[0]));
  const named = endOfName(view, text, asker);
  return named ? ok(named) : container;
}

function endOf(view: HostView, container: Container, how = ''): PathEnd {
  const host = hostName(view, container.hostId);
  return { hostId: container.hostId, host, container, label: `${container.name} on ${host}`, how };
}

function hostEnd(view: HostView, hostId: string, how = ''): PathEnd {
  const host = hostName(view, hostId);
  return { hostId, host, container: null, label: `host ${host}`, how };
}

function endAtAddress(view: HostView, text: string): Result<PathEnd> {
  const own = identify(view, text);
  if (own) return ok(endOf(view, own, `has the address ${text}`));
  const owner = [...view.snapshot.hosts].find(([, state]) => hasAddress(state, text));
  if (!owner)
    return problem(`address ${text}`, 'belongs to no host', 'list the addresses: `drover containers`, `drover hosts`');
  const [hostId, { host }] = owner;
  const container = identify(viewAt(view, { hostId }), text);
  if (container) return ok(endOf(view, container, `has the address ${text}`));
  if (host && (host.address === text || gatewaysOf(host.subnets).includes(text)))
    return ok(hostEnd(view, hostId, `has the address ${text}`));
  return problem(
    `address ${text}`,
    `is in the subnet of host ${hostName(view, hostId)}, but no container has it`,
    'list the addresses: `drover containers`',
  );
}

function hasAddress({ host }: HostState, text: string): boolean {
  const address = parseAddress(text);
  if (!host || !address.ok) return false;
  return host.address === text || cidrsOf(host.subnets).some((cidr) => cidrContains(cidr, address.value));
}

function endOfName(view: HostView, text: string, asker: PathEnd | null): PathEnd | null {
  const from = asker ? viewAt(view, asker) : view;
  const { meaning } = lookupName(from, scopeOf(from, asker?.container ?? null), text.toLowerCase());
  const containers = containersOf(from, meaning, asker?.container ?? null);
  const [first, ...others] = containers;
  if (first) {
    const more = others.length === 0 ? '' : `, as are ${others.map(({ name }) => name).join(', ')}`;
    return endOf(view, first, `is an endpoint of ${text}${more}`);
  }
  const [hostId] = meaning.kind === 'host' ? meaning.hosts : [];
  return hostId === undefined ? null : hostEnd(view, hostId, `has the name ${text}`);
}

/** Answered ones first. */
function containersOf(view: HostView, meaning: NameMeaning, asker: Container | null): readonly Container[] {
  if (meaning.kind === 'container') return meaning.containers;
  if (meaning.kind !== 'service') return [];
  const all = meaning.services.flatMap((service) => endpointsOf(view, service, 'dns', asker).all);
  const sorted = all.toSorted((a, b) => Number(b.answered) - Number(a.answered));
  return [...new Set(sorted.flatMap(({ container }) => container ?? []))];
}

/** The address at which one end reaches the other one. `via` null: the other end is a host. */
export function addressBetween(
  view: HostView,
  from: PathEnd,
  to: PathEnd,
): Result<{ readonly address: string; readonly via: string | null; readonly network: string | null }> {
  const { container } = to;
  if (container === null) {
    const host = view.snapshot.hosts.get(to.hostId)?.host;
    const address = gatewaysOf(host?.subnets ?? [])[0];
    if (address !== undefined) return ok({ address, via: 'managed', network: null });
    return problem(to.label, 'has no subnet of the managed network', 'see `drover status` on that host');
  }
  const reach = containerAddress(viewAt(view, from), container, from.container);
  if (!reach.ok)
    return problem(
      to.label,
      `is not reachable from ${from.label}: ${reach.reason}`,
      'attach both to one network, see docs/networking.md',
    );
  return ok({ address: reach.address, via: reach.via, network: reach.network });
}

function gatewaysOf(subnets: readonly string[]): readonly string[] {
  return cidrsOf(subnets).flatMap((cidr) => nthAddress(cidr, 1)?.text ?? []);
}

function cidrsOf(subnets: readonly string[]): readonly Cidr[] {
  return subnets.flatMap((subnet) => parseIpv4Cidr(subnet) ?? []);
}
