import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type Backend, createVxlan } from '../../../overlay/index.ts';
import { ipsecOnHost } from '../../../test/support/overlay/ipsec-on-host.ts';
import { wireguardOnHost } from '../../../test/support/overlay/wireguard-on-host.ts';
import type { Resources } from '../../../test/support/resources.ts';
import { type DroverHost, startDroverHost } from '../drover-host.ts';
import type { Pair, PairHost } from '../pair.ts';

/** One of Drover's backends. */
export interface DroverBackend {
  readonly name: string;
  /** Of the tunnel device. */
  readonly mtu: number;
  create(own: PairHost): Backend;
  /** The public key of the `n`th host, which does not exist. */
  keyOf(n: number): string | null;
}

export const VXLAN: DroverBackend = {
  name: 'Drover VXLAN',
  mtu: 1450,
  create: ({ host: { run } }) => createVxlan({ run }),
  keyOf: () => null,
};

export async function connectDrover(
  resources: Resources,
  pair: Pair,
  { mtu, create }: DroverBackend,
): Promise<readonly [DroverHost, DroverHost]> {
  const [a, b] = pair.map((own) => startDroverHost(resources, own, { backend: create(own), mtu })) as [
    DroverHost,
    DroverHost,
  ];
  await a.program([await b.asPeer()]);
  await b.program([await a.asPeer()]);
  await Promise.all([a.settle(), b.settle()]);
  return [a, b];
}

export const WIREGUARD: DroverBackend = {
  name: 'Drover WireGuard',
  mtu: 1440,
  create: ({ host }) => wireguardOnHost(host).backend,
  keyOf: () => randomBytes(32).toString('base64'),
};

export const IPSEC: DroverBackend = {
  name: 'Drover IPsec',
  mtu: 1400,
  create: ({ host }) => ipsecOnHost(host).backend,
  keyOf: () => generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
};

export const DROVER_BACKENDS = [VXLAN, WIREGUARD, IPSEC] as const;
