import type { Container } from '../../../model/index.ts';
import { sortAddresses } from './addresses.ts';
import type { ConvertContext } from './container.ts';
import { describeContainer } from './describe-container.ts';

/** What is known of a container before it can be inspected. */
export interface Sketch {
  readonly id: string;
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAtMs: number;
}

/** The fact of a starting container, which has its addresses before its first instruction runs. Pure. */
export function startingContainer(sketch: Sketch, { hostId, previous, pending }: ConvertContext): Container {
  const addresses = sortAddresses(pending);
  const starting = { state: 'starting', health: null, wasReady: false, addresses, ports: [] } as const;
  if (previous) return { ...previous, ...starting };
  return {
    ...describeContainer(sketch).fields,
    hostId,
    hostname: null,
    image: sketch.image,
    // The network of this name is the host's own stack.
    networkMode: pending.some(({ networkName }) => networkName === 'host') ? 'host' : 'bridge',
    networkFrom: null,
    exposed: [],
    links: {},
    dns: [],
    dnsSearch: [],
    createdAtMs: sketch.createdAtMs,
    startedAtMs: null,
    exit: null,
    startCount: 0,
    memoryReservation: null,
    milliCpuReservation: null,
    ...starting,
  };
}
