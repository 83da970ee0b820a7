import type { PortBinding } from '../../model/index.ts';
import type { DesiredGuard, GuardedContainer } from './desired-guard.ts';
import type { BridgePort, ObservedGuard } from './observed-guard.ts';

/** The ports of the guarded bridge that lead to a container, each with the container's addresses. */
export function findBindings(
  { device, containers }: DesiredGuard,
  observed: Pick<ObservedGuard, 'ports' | 'elements' | 'namespaces'>,
): readonly PortBinding[] {
  const index = indexPorts(device, observed);
  return containers.flatMap((container) =>
    portsOf(container, index, observed.namespaces).map((port) => ({
      port: port.name,
      index: port.index,
      ipv4: container.ipv4,
      mac: container.mac.toLowerCase(),
    })),
  );
}

/** Containers that have no port of the bridge in the table. */
export function unboundContainers(
  { device, containers }: DesiredGuard,
  observed: Pick<ObservedGuard, 'ports' | 'elements'>,
): readonly GuardedContainer[] {
  const { bound } = indexPorts(device, observed);
  return containers.filter(({ ipv4 }) => !bound.has(ipv4));
}

/** A port's name in nft's notation. */
export function quoted({ name }: Pick<BridgePort, 'name'>): string {
  return `"${name}"`;
}

interface PortIndex {
  /** Number of a namespace -> the ports that lead into it. */
  readonly leading: ReadonlyMap<number | null, readonly BridgePort[]>;
  /** Address -> the ports that have it in the table. */
  readonly bound: ReadonlyMap<string, readonly BridgePort[]>;
}

function indexPorts(device: string, { ports, elements }: Pick<ObservedGuard, 'ports' | 'elements'>): PortIndex {
  const own = ports.filter(({ bridge }) => bridge === device);
  const byName = new Map(own.map((port) => [quoted(port), port]));
  const bindings = elements.addresses.flatMap((element) => {
    const [name = '', ipv4 = ''] = element.split(' . ');
    const port = byName.get(name);
    return port === undefined ? [] : [{ port, ipv4 }];
  });
  const bound = Map.groupBy(bindings, ({ ipv4 }) => ipv4);
  return {
    leading: Map.groupBy(own, ({ namespace }) => namespace),
    bound: new Map([...bound].map(([ipv4, group]) => [ipv4, group.map(({ port }) => port)])),
  };
}

/**
 * The ports that lead into the container's network namespace according to the kernel; otherwise the ports that the table
 * already binds to its address. A container that moves its end of the veth pair into another namespace stays bound.
 */
function portsOf(
  { id, ipv4 }: GuardedContainer,
  { leading, bound }: PortIndex,
  namespaces: ObservedGuard['namespaces'],
): readonly BridgePort[] {
  const namespace = namespaces.get(id);
  return (namespace === undefined ? undefined : leading.get(namespace)) ?? bound.get(ipv4) ?? [];
}
