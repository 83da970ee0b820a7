import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { poll } from '../../../test/support/poll.ts';
import { forEachEnd, ipBatch, type Pair, type PairHost } from '../pair.ts';

const PROGRAMS = resolve('.tools/overlay/bin');
const DEVICE = 'wg0';
const PORT = 51_820;
/** What an underlay of IPv4 and 1500 bytes carries. */
const MTU = 1440;

/** wireguard-go, configured as `wg-quick` would do it, with the largest MTU. */
export async function connectWireguard(pair: Pair): Promise<void> {
  const keys = new Map<PairHost, string>();
  await forEachEnd(pair, async (own) => void keys.set(own, await startDevice(own)));
  await forEachEnd(pair, async (own, other) => {
    const peer = `peer ${keys.get(other)} endpoint ${other.address}:${PORT} allowed-ips ${other.subnet}`;
    const settings = `listen-port ${PORT} private-key ${keyFileOf(own)} ${peer}`;
    await own.host.run(`${PROGRAMS}/wg`, ['set', DEVICE, ...settings.split(' ')]);
    await ipBatch(own.host, [
      `link set ${DEVICE} mtu ${MTU} up`,
      `route add ${other.subnet} dev ${DEVICE} src ${own.gateway}`,
    ]);
  });
}

/** Gives the public key. */
async function startDevice(own: PairHost): Promise<string> {
  const { host } = own;
  const privateKey = await host.run(`${PROGRAMS}/wg`, ['genkey']);
  await writeFile(keyFileOf(own), privateKey, { mode: 0o600 });
  const daemon = host.start('setsid', [`${PROGRAMS}/wireguard-go`, '-f', DEVICE]);
  await poll(() => host.run(`${PROGRAMS}/wg`, ['show', DEVICE]).then(() => true), {
    what: 'wireguard-go',
    giveUp: daemon.assertRunning,
  });
  return host.run(`${PROGRAMS}/wg`, ['pubkey'], { input: privateKey });
}

function keyFileOf({ host }: PairHost): string {
  return join(host.dir, 'wireguard.key');
}
