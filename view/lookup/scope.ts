import { type Container, compareText, DEFAULT_BRIDGE, upstreamsOfLabels } from '../../model/index.ts';
import { isDomainName, mainSuffix, underSuffix, withoutDot } from '../host-view/domain-name.ts';
import { findService, serviceOf } from '../host-view/find.ts';
import type { HostView } from '../host-view/host-view.ts';

/** The target of a link. */
export type LinkTarget =
  | { readonly kind: 'service'; readonly key: string }
  | { readonly kind: 'container'; readonly container: Container };

/** A network of the asker; `name` in lower case. */
export interface AskerNetwork {
  readonly id: string;
  readonly name: string;
}

/** How names are resolved for one asker. Container null: a client that is not a container of this host. */
export interface Scope {
  readonly container: Container | null;
  /** The search domains, in order: lower case, absolute. */
  readonly search: readonly string[];
  /** Those of `search` that no resolv.conf can contain, because the name of the stack is too long. */
  readonly longSearch: readonly string[];
  /** Its networks with names in Docker's resolver, in the order in which Docker searches them. */
  readonly networks: readonly AskerNetwork[];
  /** Names of this asker only: links and their aliases, relative to the suffix (`database`, `database.db`). */
  readonly links: ReadonlyMap<string, LinkTarget>;
  /** Its own upstream resolvers, which are queried first. */
  readonly dns: readonly string[];
}

/** Null: an asker that is not a container of this host. */
export function scopeOf(view: HostView, container: Container | null): Scope {
  if (container === null)
    return { container, search: [`${mainSuffix(view)}.`], longSearch: [], networks: [], links: new Map(), dns: [] };
  const search = searchOrder(view, container)
    .filter((domain) => underSuffix(view, domain))
    .map((domain) => `${domain}.`);
  return {
    container,
    search,
    longSearch: search.filter((domain) => !isDomainName(domain)),
    networks: dockerNetworks(view, container),
    links: linksOf(view, container),
    dns: unique([...upstreamsOfLabels(container.labels), ...container.dns]),
  };
}

/** Docker's order: internal networks last; before the others those with IPv4 and IPv6; by name. Its default bridge has no names. */
function dockerNetworks({ snapshot }: HostView, container: Container): readonly AskerNetwork[] {
  const networks = snapshot.hosts.get(container.hostId)?.networks;
  const ranked = container.addresses.flatMap(({ networkId: id, networkName, ipv4, ipv6 }) => {
    if (networkName === DEFAULT_BRIDGE) return [];
    const rank = networks?.get(id)?.internal ? 2 : ipv4 !== null && ipv6 !== null ? 0 : 1;
    return [{ rank, id, networkName }];
  });
  return ranked
    .sort((a, b) => a.rank - b.rank || compareText(a.networkName, b.networkName))
    .map(({ id, networkName }) => ({ id, name: networkName.toLowerCase() }));
}

/** The search line of a container's resolv.conf. */
export interface SearchDomains {
  /** Lower case, without trailing dot, as in resolv.conf. */
  readonly domains: readonly string[];
  /** Before or after the domains that the file already has (`io.rancher.container.dns.priority=service_last`). */
  readonly position: 'first' | 'last';
}

/** The part of the search order that a resolv.conf can contain: without the domains of a stack whose name is too long. */
export function searchDomains(view: HostView, container: Container): SearchDomains {
  return {
    domains: searchOrder(view, container).filter((domain) => isDomainName(`${domain}.`)),
    position: priorityOf(container) === 'service_last' ? 'last' : 'first',
  };
}

/**
 * The search order of clients and of the server: service, stack, the container's own `--dns-search`, the suffix. The label `None` leaves
 * the first two out, `service_last` moves them behind the container's own. Lower case, without trailing dot.
 */
function searchOrder(view: HostView, container: Container): readonly string[] {
  const own = container.dnsSearch.map(withoutDot).filter((domain) => domain !== '');
  const unit = unitDomains(view, container);
  const domains = priorityOf(container) === 'service_last' ? [...own, ...unit] : [...unit, ...own];
  return unique([...domains, mainSuffix(view)]);
}

/** `<primary service>.<stack>.<suffix>`, `<stack>.<suffix>`; a sidekick has those of its primary service. */
function unitDomains(view: HostView, container: Container): readonly string[] {
  const service = serviceOf(view, container);
  if (!service || priorityOf(container) === 'none') return [];
  const stack = `${service.stack.toLowerCase()}.${mainSuffix(view)}`;
  return [`${service.primaryService.toLowerCase()}.${stack}`, stack];
}

function priorityOf({ labels }: Container): string | undefined {
  return labels['io.rancher.container.dns.priority']?.toLowerCase();
}

/** Links of the service come before links of the container. A link to a service by its own full name adds nothing. */
function linksOf(view: HostView, container: Container): ReadonlyMap<string, LinkTarget> {
  const links = new Map<string, LinkTarget>();
  const siblings = view.snapshot.hosts.get(container.hostId)?.containers;
  for (const [name, id] of Object.entries(container.links)) {
    const target = siblings?.get(id);
    if (target) links.set(name.toLowerCase(), { kind: 'container', container: target });
  }
  for (const { target, alias } of serviceOf(view, container)?.declaration?.links ?? []) {
    const linked = findService(view, target);
    if (!linked || target.toLowerCase() === alias.toLowerCase()) continue;
    const name = (alias || linked.name).toLowerCase();
    links.set(name, { kind: 'service', key: linked.key });
    links.set(`${name}.${linked.stack.toLowerCase()}`, { kind: 'service', key: linked.key });
  }
  return links;
}

function unique(domains: readonly string[]): readonly string[] {
  return domains.filter((domain, at) => domains.indexOf(domain) === at);
}
