import type { Resources } from '../../test/support/resources.ts';
import { connectDrover, type DroverBackend, IPSEC, VXLAN, WIREGUARD } from './contestants/drover.ts';
import { connectIpsec } from './contestants/ipsec.ts';
import { connectPlain } from './contestants/plain.ts';
import { startSwarm } from './contestants/swarm.ts';
import { connectVxlan } from './contestants/vxlan.ts';
import { connectWireguard } from './contestants/wireguard.ts';
import type { Way } from './measure.ts';
import { createPair, type Pair } from './pair.ts';

/** One way to connect containers of two hosts. */
export interface Contestant {
  readonly name: string;
  start(resources: Resources): Promise<Way>;
}

export const CONTESTANTS: readonly Contestant[] = [
  byHand('plain route', 1500, connectPlain),
  byHand('VXLAN by hand', 1450, connectVxlan),
  byDrover(VXLAN),
  { name: 'Docker Swarm', start: startSwarm },
  byHand('wireguard-go by hand', 1440, connectWireguard),
  byDrover(WIREGUARD),
  byHand('strongSwan by hand', 1400, connectIpsec),
  byDrover(IPSEC),
];

function byHand(name: string, mtu: number, connect: (pair: Pair) => Promise<void>): Contestant {
  return { name, start: async (resources) => wayOf(await createPair(resources, mtu), connect) };
}

function byDrover(backend: DroverBackend): Contestant {
  const { name, mtu } = backend;
  const start: Contestant['start'] = async (resources) =>
    wayOf(await createPair(resources, mtu), (pair) => connectDrover(resources, pair, backend));
  return { name, start };
}

export async function wayOf(pair: Pair, connect: (pair: Pair) => Promise<unknown>): Promise<Way> {
  await connect(pair);
  const [{ container: from }, { container: to }] = pair;
  return { from, to };
}
