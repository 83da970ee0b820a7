import { type ContainerPort, compareText, type PublishedPort, parsePort } from '../../../model/index.ts';
import type { Inspect } from '../engine/schema.ts';

/** Docker's `{"80/tcp": [{HostIp, HostPort}]}` as a sorted list, without ports that are only exposed. */
export function publishedPorts(ports: Inspect['NetworkSettings']['Ports']): readonly PublishedPort[] {
  const published = Object.entries(ports ?? {}).flatMap(([key, bindings]) => {
    const parts = /^(\d{1,5})\/(tcp|udp|sctp)$/.exec(key);
    if (!parts) return [];
    return (bindings ?? []).flatMap(({ HostIp, HostPort }): PublishedPort[] => {
      const hostPort = Number(HostPort);
      if (!Number.isInteger(hostPort) || hostPort < 1 || hostPort > 65_535) return [];
      const protocol = parts[2] as PublishedPort['protocol'];
      return [{ hostAddress: HostIp || '0.0.0.0', hostPort, containerPort: Number(parts[1]), protocol }];
    });
  });
  return sortPorts(published);
}

/** Docker's `{"80/tcp": {}}` as a sorted list. */
export function exposedPorts(ports: Inspect['Config']['ExposedPorts']): readonly ContainerPort[] {
  return Object.keys(ports ?? {})
    .flatMap((key) => parsePort(key) ?? [])
    .toSorted((a, b) => a.port - b.port || compareText(a.protocol, b.protocol));
}

export function sortPorts(ports: readonly PublishedPort[]): readonly PublishedPort[] {
  return ports.toSorted(
    (a, b) =>
      a.containerPort - b.containerPort ||
      compareText(a.protocol, b.protocol) ||
      compareText(a.hostAddress, b.hostAddress) ||
      a.hostPort - b.hostPort,
  );
}
