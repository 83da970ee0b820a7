import type { Resources } from '../../test/support/resources.ts';
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
  { name: 'plain route', start: between(1500, connectPlain) },
  { name: 'VXLAN by hand', start: between(1450, connectVxlan) },
  {
    name: 'Docker Swarm',
    start: async (resources) => {
      const [from, to] = await startSwarm(resources);
      return { from, to };
    },
  },
  { name: 'wireguard-go by hand', start: between(1420, connectWireguard) },
  { name: 'strongSwan by hand', start: between(1400, connectIpsec) },
];

function between(mtu: number, connect: (pair: Pair) => Promise<void>): Contestant['start'] {
  return async (resources) => {
    const pair = await createPair(resources, mtu);
    await connect(pair);
    const [{ container: from }, { container: to }] = pair;
    return { from, to };
  };
}
