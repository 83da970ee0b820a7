import type { Container, PublishedPort } from '../../../model/index.ts';
import type { Summary } from '../engine/schema.ts';
import { addressesOf } from './addresses.ts';
import type { ConvertContext } from './container.ts';
import { sortPorts } from './ports.ts';
import { type Sketch, startingContainer } from './sketch.ts';
import { healthOf, isActive, isRunningWell, networkModeOf, stateOf } from './state.ts';

/** The fact from the list alone, for a container that Docker does not inspect in time. Pure. */
export function containerFromSummary(summary: Summary, context: ConvertContext): Container {
  const live = liveFields(summary, (context.signalledAtMs(null) ?? 0) > 0);
  return {
    ...startingContainer(sketchOf(summary), context),
    ...networkModeOf(summary.HostConfig?.NetworkMode, {
      idOf: context.idOf,
      networks: Object.keys(summary.NetworkSettings?.Networks ?? {}),
    }),
    ...live,
    wasReady: isRunningWell(live),
  };
}

export function sketchOf(summary: Summary): Sketch {
  return {
    id: summary.Id,
    name: nameOf(summary),
    image: summary.Image ?? '',
    labels: summary.Labels,
    createdAtMs: (summary.Created ?? 0) * 1000,
  };
}

/** Whether the list entry of a container agrees with its fact, so that it need not be inspected. Pure. */
export function agrees(container: Container, summary: Summary): boolean {
  if (container.name !== nameOf(summary)) return false;
  const listed = liveFields(summary, container.state === 'stopping');
  // Docker has no state `starting`. Whether the start is still in progress is verified with its networks.
  if (container.state === 'starting') return !isActive(listed.state);
  return liveText(container) === liveText(listed);
}

type LiveFields = Pick<Container, 'state' | 'health' | 'addresses' | 'ports'>;

function liveFields(summary: Summary, stopping: boolean): LiveFields {
  const state = stateOf(summary.State, { stopping, starting: false });
  if (!isActive(state)) return { state, health: null, addresses: [], ports: [] };
  return {
    state,
    health: healthOf(healthInStatus(summary.Status)),
    addresses: addressesOf(summary.NetworkSettings?.Networks ?? {}),
    ports: sortPorts(summary.Ports.flatMap(portOf)),
  };
}

function liveText({ state, health, addresses, ports }: LiveFields): string {
  return JSON.stringify([state, health, addresses.map(({ networkId, ipv4, ipv6 }) => [networkId, ipv4, ipv6]), ports]);
}

function portOf(port: Summary['Ports'][number]): readonly PublishedPort[] {
  const { IP, PublicPort: hostPort, PrivatePort: containerPort, Type: protocol } = port;
  if (!hostPort || (protocol !== 'tcp' && protocol !== 'udp' && protocol !== 'sctp')) return [];
  return [{ hostAddress: IP || '0.0.0.0', hostPort, containerPort, protocol }];
}

/** Docker lists links among the names (`/other/alias`); the container's own name has a single slash. */
function nameOf(summary: Summary): string {
  return (summary.Names.find((name) => name.lastIndexOf('/') <= 0) ?? summary.Names[0] ?? '').replace(/^\//, '');
}

/** `Up 3 minutes (healthy)`, `Up 1 second (health: starting)`. */
function healthInStatus(status: string | null | undefined): string | null {
  return /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(status ?? '')?.[1] ?? null;
}
