import type { Container } from '../model/index.ts';
import { isDomainName, underSuffix, withoutDot } from './domain-name.ts';
import { endpointsOf, linkedServices } from './endpoints.ts';
import { findService } from './find.ts';
import type { HostView, ServiceView } from './host-view.ts';
import type { LinkTarget, Scope } from './scope.ts';
import { shardsGet } from './shards.ts';

/** What a name is to an asker. */
export type NameMeaning =
  /** Its endpoints; more than one service only where two share a name. */
  | { readonly kind: 'service'; readonly services: readonly ServiceView[] }
  /** An external service by host name; the services' own addresses hold if the target has none. */
  | { readonly kind: 'cname'; readonly target: string; readonly services: readonly ServiceView[] }
  | { readonly kind: 'container'; readonly name: string; readonly containers: readonly Container[] }
  | { readonly kind: 'metadata' }
  /** A suffix itself. */
  | { readonly kind: 'apex' }
  /** It exists, since names end in it, and has no records (the domain of a stack). */
  | { readonly kind: 'empty' }
  /** Ours, and there is no such name: NXDOMAIN. Single labels are always ours. */
  | { readonly kind: 'unknown' }
  /** Somebody else's: ask upstream. */
  | { readonly kind: 'foreign' };

export interface NameLookup {
  /** Where a negative answer has its SOA: our suffix (lower case, absolute), or `.` for names completed by search. */
  readonly zone: string;
  readonly meaning: NameMeaning;
}

/** The name of the metadata service, relative to the suffix. */
const METADATA_NAME = 'rancher-metadata';

/** `name` in any case; a trailing dot makes no difference: names without our suffix are searched for as the scope says. */
export function lookupName(view: HostView, scope: Scope, name: string): NameLookup {
  const plain = withoutDot(name);
  const under = underSuffix(view, plain);
  if (under) {
    const zone = `${under.suffix}.`;
    if (under.relative === '') return { zone, meaning: { kind: 'apex' } };
    return { zone, meaning: linkMeaning(view, scope, under.relative) ?? commonMeaning(view, under.relative) };
  }
  const found = isSearched(view, plain) ? searchedMeaning(view, scope, plain) : null;
  const otherwise = plain === '' || plain.includes('.') ? 'foreign' : 'unknown';
  return { zone: '.', meaning: found ?? { kind: otherwise } };
}

/** Names with dots only if they end in a stack: else a service `google` of a stack `com` would take google.com from all. */
function isSearched(view: HostView, name: string): boolean {
  if (name === '') return false;
  if (!name.includes('.')) return true;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
    if (view.stacks.has(name.slice(dot + 1))) return true;
  }
  return false;
}

/** The asker's own names under every search domain, then everybody's. */
function searchedMeaning(view: HostView, scope: Scope, name: string): NameMeaning | null {
  const candidates = scope.search.flatMap((domain) => {
    const relative = underSuffix(view, withoutDot(domain))?.relative;
    return relative === undefined ? [] : [relative === '' ? name : `${name}.${relative}`];
  });
  for (const candidate of candidates) {
    const meaning = linkMeaning(view, scope, candidate);
    if (meaning) return meaning;
  }
  for (const candidate of candidates) {
    const meaning = commonMeaning(view, candidate);
    if (meaning.kind !== 'unknown' && meaning.kind !== 'empty') return meaning;
  }
  return null;
}

function linkMeaning(view: HostView, scope: Scope, relative: string): NameMeaning | null {
  const link = scope.links.get(relative);
  return link ? targetMeaning(view, link) : null;
}

function targetMeaning(view: HostView, link: LinkTarget): NameMeaning | null {
  if (link.kind === 'container') {
    return { kind: 'container', name: link.container.name, containers: [link.container] };
  }
  const service = findService(view, link.key);
  if (!service) return null;
  // A link carries the addresses of an external service, and its host name only without any.
  const addressed = endpointsOf(view, service).answer.length > 0;
  return addressed ? { kind: 'service', services: [service] } : serviceMeaning(view, [service]);
}

function commonMeaning(view: HostView, relative: string): NameMeaning {
  if (relative === METADATA_NAME) return { kind: 'metadata' };
  const node = shardsGet(view.index.names, relative);
  if (!node) return { kind: 'unknown' };
  const services = node.services.flatMap((key) => findService(view, key) ?? []);
  if (services.length > 0) return serviceMeaning(view, services);
  if (node.containers.length > 0) return { kind: 'container', name: relative, containers: node.containers };
  return { kind: 'empty' };
}

function serviceMeaning(view: HostView, services: readonly ServiceView[]): NameMeaning {
  const target = services.map((service) => canonicalName(view, service, new Set())).find((name) => name !== null);
  return target ? { kind: 'cname', target, services } : { kind: 'service', services };
}

/** The host name an external service points at; an alias has its first target's if it has no address at all. */
function canonicalName(view: HostView, service: ServiceView, met: Set<string>): string | null {
  if (met.has(service.key)) return null;
  met.add(service.key);
  if (service.kind === 'externalService') {
    const name = service.declaration?.hostname ?? '';
    const target = `${withoutDot(name)}.`;
    return name !== '' && isDomainName(target) ? target : null;
  }
  if (service.kind !== 'dnsService' || endpointsOf(view, service).answer.length > 0) return null;
  const names = linkedServices(view, service).map(({ linked }) => linked && canonicalName(view, linked, met));
  return names.find((name) => name !== null) ?? null;
}
