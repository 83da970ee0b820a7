import {
  type Container,
  type ContainerAddress,
  type HealthCheck,
  healthCheckOfLabels,
  type Network,
  type PublishedPort,
} from '../../model/index.ts';
import {
  type Checkers,
  checkerHosts,
  containerAddress,
  type HostView,
  networkOwner,
  searchDomains,
} from '../../view/index.ts';
import type { ValueObject } from '../value/value.ts';
import { healthCheckObject } from './health-check.ts';
import { uuidOfMode } from './network.ts';
import type { HostScope } from './scopes.ts';
import type { ServiceIdentity } from './service.ts';
import { nameIn, type Version } from './versions.ts';

/** What a container's object shows that is not in the container itself. */
export interface ContainerContext {
  readonly scope: HostScope | undefined;
  /** Null for a standalone container. */
  readonly service: ServiceIdentity | null;
  readonly version: Version;
  readonly networkUuid: (network: Network) => string;
  /** Address of Drover's DNS server, which is the first name server of every container. */
  readonly resolver: string;
  readonly checkers: Checkers;
}

/** A container of no service is checked by its own labels. */
export function checkOf(container: Container, service: ServiceIdentity | null): HealthCheck | null {
  return service ? service.check : healthCheckOfLabels(container.labels);
}

/** A container's object. */
export function containerObject(
  view: HostView,
  container: Container,
  { scope, service, version, networkUuid, resolver, checkers }: ContainerContext,
): ValueObject {
  const environment = view.snapshot.environment;
  const reach = containerAddress(view, container);
  const address = reach.ok ? reach.address : null;
  const joined = joinedAddress(container, reach.ok ? reach.network : null);
  const network = scope?.networks.get(joined?.networkId ?? '');
  const { serviceIndex } = container;
  const check = checkOf(container, service);
  return {
    create_index: serviceIndex,
    dns: [resolver, ...container.dns],
    dns_search: [...searchDomains(view, container).domains],
    environment_uuid: environment.uuid,
    external_id: container.id,
    health_check: service ? service.healthCheck : healthCheckObject(check),
    health_check_hosts: check === null ? [] : checkerHosts(view, container, check, checkers),
    health_state: container.health,
    host_uuid: container.hostId,
    hostname: container.hostname,
    ips: address === null ? [] : [address],
    labels: container.labels,
    links: linksOf(view, container),
    memory_reservation: container.memoryReservation,
    metadata_kind: 'container',
    milli_cpu_reservation: container.milliCpuReservation,
    name: nameIn(version, container.name),
    network_from_container_uuid: sharedWith(view, container),
    network_uuid: network ? networkUuid(network) : uuidOfMode(environment, container),
    ports: portsOf(container.ports, version.portsOnHostAddress ? (scope?.address ?? null) : null),
    primary_ip: address,
    primary_mac_address: joined?.mac ?? null,
    service_index: serviceIndex === null ? null : String(serviceIndex),
    service_name: service && nameIn(version, service.name),
    service_uuid: service?.uuid ?? null,
    stack_name: service && nameIn(version, service.stack),
    stack_uuid: service?.stackUuid ?? null,
    start_count: container.startCount,
    state: container.state,
    system: container.system,
    uuid: container.uuid,
  };
}

/** Whether the object also depends on other containers, so that it is only valid for one view. */
export function dependsOnOthers(container: Container): boolean {
  return container.networkFrom !== null || Object.keys(container.links).length > 0;
}

/** The address on the network that is shown, else on the one the operator prefers, else the first address. */
function joinedAddress({ addresses, preferredNetwork }: Container, shown: string | null): ContainerAddress | undefined {
  const named = (name: string | null) => addresses.find(({ networkName }) => networkName === name);
  return named(shown) ?? named(preferredNetwork) ?? addresses[0];
}

function sharedWith(view: HostView, container: Container): string | null {
  return container.networkFrom === null ? null : (networkOwner(view, container)?.uuid ?? null);
}

function linksOf(view: HostView, { links, hostId }: Container): ValueObject | null {
  const containers = view.snapshot.hosts.get(hostId)?.containers;
  const found = Object.entries(links).flatMap(([name, id]) => {
    const linked = containers?.get(id);
    return linked ? [[name, linked.uuid] as const] : [];
  });
  return found.length === 0 ? null : Object.fromEntries(found);
}

/** `address:public:private/protocol`. If `hostAddress` is given, it replaces "all addresses". */
function portsOf(ports: readonly PublishedPort[], hostAddress: string | null): readonly string[] {
  const any = new Set(['0.0.0.0', '::', '']);
  const texts = ports.map((port) => {
    const address = any.has(port.hostAddress) ? (hostAddress ?? '0.0.0.0') : port.hostAddress;
    const bracketed = address.includes(':') ? `[${address}]` : address;
    return `${bracketed}:${port.hostPort}:${port.containerPort}/${port.protocol}`;
  });
  // Docker lists a port that is published on all addresses once for IPv4 and once for IPv6.
  return [...new Set(texts)];
}
