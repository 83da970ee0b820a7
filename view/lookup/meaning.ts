import type { Container } from '../../model/index.ts';
import { endpointsOf, linkedServices } from '../endpoints/endpoints.ts';
import type { PortName } from '../endpoints/ports.ts';
import { containerKey, nameKey, serviceKeyOf } from '../host-view/dependency-key.ts';
import type { DependencyRecorder } from '../host-view/dependency-recorder.ts';
import { isDomainName, withoutDot } from '../host-view/domain-name.ts';
import { findContainers, findService } from '../host-view/find.ts';
import { HOST_LABEL } from '../host-view/host-name.ts';
import type { HostView, ServiceView } from '../host-view/host-view.ts';
import { nameNode } from '../host-view/names.ts';
import type { LinkTarget, Scope } from './scope.ts';

/** The meaning of a name for an asker. */
export type NameMeaning =
  /** A service's endpoints; more than one service only if two share a name. */
  | {
      readonly kind: 'service';
      readonly services: readonly ServiceView[];
      /** A question for `all.<name>`: every endpoint, whatever the options of the service. */
      readonly full: boolean;
      /** A question for `_port._protocol.<name>`: only SRV records of that port. */
      readonly port: PortName | null;
    }
  /** An external service with a host name. The services' own addresses are used if the target has none. */
  | { readonly kind: 'cname'; readonly target: string; readonly services: readonly ServiceView[] }
  | {
      readonly kind: 'container';
      readonly name: string;
      readonly containers: readonly Container[];
      readonly port: PortName | null;
      /** Id of the network whose addresses are meant, for names of Docker; absent: see `containerAddress`. */
      readonly network?: string;
    }
  /** Hosts, by id. */
  | { readonly kind: 'host'; readonly name: string; readonly hosts: readonly string[] }
  | { readonly kind: 'metadata' }
  /** A suffix itself. */
  | { readonly kind: 'apex' }
  /** The name exists because names end in it, and has no records (the domain of a stack). */
  | { readonly kind: 'empty' }
  /** Drover is authoritative, and the name does not exist: NXDOMAIN. Single labels are always included. */
  | { readonly kind: 'unknown' }
  /** Outside of the suffixes: forwarded to an upstream resolver. */
  | { readonly kind: 'foreign' };

/** The name of the metadata service, relative to the suffix. */
export const METADATA_NAME = 'rancher-metadata';

/** What a lookup needs. */
export interface Lookup {
  readonly view: HostView;
  readonly scope: Scope;
  readonly recorder: DependencyRecorder | undefined;
}

/** The meaning of a name (relative to the suffix, lower case) in the asker's links; null: none. */
export function linkMeaning(lookup: Lookup, relative: string): NameMeaning | null {
  const link = lookup.scope.links.get(relative);
  return link ? targetMeaning(lookup, link) : null;
}

function targetMeaning({ view, recorder }: Lookup, link: LinkTarget): NameMeaning | null {
  if (link.kind === 'container') {
    recorder?.depends(containerKey(link.container.id));
    return { kind: 'container', name: link.container.name, containers: [link.container], port: null };
  }
  recorder?.depends(serviceKeyOf(link.key));
  const service = findService(view, link.key);
  if (!service) return null;
  // A link gives the addresses of an external service, and its host name only if it has no addresses.
  const addressed = service.kind !== 'service' && endpointsOf(view, service, 'dns', null, recorder).answer.length > 0;
  return addressed ? serviceOnly([service]) : serviceMeaning({ view, recorder }, [service]);
}

/** The common meaning of a name (relative to the suffix, lower case). */
export function commonMeaning({ view, recorder }: Pick<Lookup, 'view' | 'recorder'>, relative: string): NameMeaning {
  recorder?.depends(nameKey(relative));
  if (relative === METADATA_NAME) return { kind: 'metadata' };
  const node = nameNode(view, relative);
  if (!node) return containerOnHost({ view, recorder }, relative) ?? { kind: 'unknown' };
  const services = node.services.flatMap((key) => findService(view, key) ?? []);
  if (services.length > 0) return serviceMeaning({ view, recorder }, services);
  if (node.containers.length > 0) return { kind: 'container', name: relative, containers: node.containers, port: null };
  return node.hosts.length > 0 ? { kind: 'host', name: relative, hosts: node.hosts } : { kind: 'empty' };
}

/** `<container>.<host>.host`: one container if its name is not unique. SRV records point at it. */
function containerOnHost({ view, recorder }: Pick<Lookup, 'view' | 'recorder'>, relative: string): NameMeaning | null {
  if (!relative.endsWith(`.${HOST_LABEL}`)) return null;
  for (let dot = relative.indexOf('.'); dot >= 0; dot = relative.indexOf('.', dot + 1)) {
    const host = relative.slice(dot + 1);
    const hosts = nameNode(view, host)?.hosts ?? [];
    recorder?.depends(nameKey(host));
    if (hosts.length === 0) continue;
    const name = relative.slice(0, dot);
    recorder?.depends(nameKey(name));
    const containers = findContainers(view, name).filter(({ hostId }) => hosts.includes(hostId));
    if (containers.length > 0) return { kind: 'container', name: relative, containers, port: null };
  }
  return null;
}

function serviceOnly(services: readonly ServiceView[]): NameMeaning {
  return { kind: 'service', services, full: false, port: null };
}

function serviceMeaning(lookup: Pick<Lookup, 'view' | 'recorder'>, services: readonly ServiceView[]): NameMeaning {
  for (const { key } of services) lookup.recorder?.depends(serviceKeyOf(key));
  const target = services.map((service) => canonicalName(lookup, service, new Set())).find((name) => name !== null);
  return target ? { kind: 'cname', target, services } : serviceOnly(services);
}

/** The host name of an external service; for an alias without any address, that of its first target. */
function canonicalName(
  { view, recorder }: Pick<Lookup, 'view' | 'recorder'>,
  service: ServiceView,
  met: Set<string>,
): string | null {
  if (met.has(service.key)) return null;
  met.add(service.key);
  if (service.kind === 'externalService') {
    const name = service.declaration?.hostname ?? '';
    const target = `${withoutDot(name)}.`;
    return name !== '' && isDomainName(target) ? target : null;
  }
  if (service.kind !== 'dnsService' || endpointsOf(view, service, 'dns', null, recorder).answer.length > 0) return null;
  const names = linkedServices(view, service, recorder).map(
    ({ linked }) => linked && canonicalName({ view, recorder }, linked, met),
  );
  return names.find((name) => name !== null) ?? null;
}
