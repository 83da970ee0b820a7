import { type Container, type ContainerPort, type NamedPort, namedPorts } from '../../model/index.ts';
import { serviceKeyOf } from '../host-view/dependency-key.ts';
import type { DependencyRecorder } from '../host-view/dependency-recorder.ts';
import { findService } from '../host-view/find.ts';
import type { HostView, ServiceView } from '../host-view/host-view.ts';
import { type Endpoint, linkedServices } from './endpoints.ts';

/** A port on which the containers of a service listen. */
export interface ServicePort extends ContainerPort {
  /** Its names in labels. */
  readonly names: readonly string[];
}

/** A port in a question: `_http._tcp`, `_8080._tcp`. */
export interface PortName {
  readonly name: string;
  readonly protocol: string;
}

/** All known ports of a service, in order; for an alias, those of all its targets. */
export function servicePorts(
  view: HostView,
  service: ServiceView,
  recorder?: DependencyRecorder,
): readonly ServicePort[] {
  return merged(collect(view, service, new Set(), recorder));
}

/** The ports of one container. */
export function containerPorts(container: Container, service: ServiceView | null): readonly ServicePort[] {
  return merged([...portsOfContainer(container), ...(service ? declaredPorts(service) : [])]);
}

/** The ports of an endpoint with their numbers as seen from this host: for a published port, the host port. */
export function endpointPorts(
  view: HostView,
  endpoint: Pick<Endpoint, 'container' | 'service' | 'via' | 'ports'>,
): readonly (ServicePort & { readonly reached: number })[] {
  const service = findService(view, endpoint.service);
  const own = endpoint.container
    ? containerPorts(endpoint.container, service)
    : merged(service ? declaredPorts(service) : []);
  if (endpoint.via !== 'published') return own.map((port) => ({ ...port, reached: port.port }));
  return own.flatMap((port) => {
    const open = endpoint.ports.find(
      ({ containerPort, protocol }) => containerPort === port.port && protocol === port.protocol,
    );
    return open ? [{ ...port, reached: open.hostPort }] : [];
  });
}

export function isPort({ port, protocol, names }: ServicePort, wanted: PortName): boolean {
  return protocol === wanted.protocol && (String(port) === wanted.name || names.includes(wanted.name));
}

type Claim = ContainerPort & { readonly name?: string };

function collect(
  view: HostView,
  service: ServiceView,
  met: Set<string>,
  recorder?: DependencyRecorder,
): readonly Claim[] {
  if (met.has(service.key)) return [];
  met.add(service.key);
  recorder?.depends(serviceKeyOf(service.key));
  const own = [...declaredPorts(service), ...service.containers.flatMap(portsOfContainer)];
  if (service.kind !== 'dnsService') return own;
  const linked = linkedServices(view, service, recorder).flatMap((link) => link.linked ?? []);
  return [...own, ...linked.flatMap((target) => collect(view, target, met, recorder))];
}

function portsOfContainer({ ports, exposed, labels }: Container): readonly Claim[] {
  const published = ports.map(({ containerPort: port, protocol }) => ({ port, protocol }));
  return [...published, ...exposed, ...namedPorts(labels)];
}

function declaredPorts({ declaration }: ServiceView): readonly Claim[] {
  if (!declaration) return [];
  const { ports, expose, labels, lbConfig } = declaration;
  const rules = (lbConfig?.portRules ?? []).flatMap(({ sourcePort, protocol }): ContainerPort[] =>
    sourcePort === null ? [] : [{ port: sourcePort, protocol: protocol === 'udp' ? 'udp' : 'tcp' }],
  );
  const named: readonly NamedPort[] = namedPorts(labels);
  return [...[...ports, ...expose].flatMap(composePorts), ...rules, ...named];
}

/** Larger ranges are not listed port by port. */
const MAX_RANGE = 128;

/** The container ports in a port entry of Compose: `80`, `8080:80/udp`, `127.0.0.1:8080:80`, `9000-9002`. */
function composePorts(text: string): readonly ContainerPort[] {
  const parts = /(?:^|:)(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/.exec(text.trim().toLowerCase());
  if (!parts) return [];
  const from = Number(parts[1]);
  const to = Number(parts[2] ?? parts[1]);
  const protocol = (parts[3] ?? 'tcp') as ContainerPort['protocol'];
  if (from < 1 || to > 65_535 || to < from || to - from >= MAX_RANGE) return [];
  return Array.from({ length: to - from + 1 }, (_, at) => ({ port: from + at, protocol }));
}

function merged(claims: readonly Claim[]): readonly ServicePort[] {
  const ports = new Map<string, { port: number; protocol: ContainerPort['protocol']; names: Set<string> }>();
  for (const { port, protocol, name } of claims) {
    const known = ports.get(`${port}/${protocol}`) ?? { port, protocol, names: new Set() };
    if (name !== undefined) known.names.add(name);
    ports.set(`${port}/${protocol}`, known);
  }
  return [...ports.values()]
    .sort((a, b) => a.port - b.port || (a.protocol < b.protocol ? -1 : 1))
    .map(({ port, protocol, names }) => ({ port, protocol, names: [...names].sort() }));
}
