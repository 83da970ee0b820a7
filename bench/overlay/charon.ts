import { generateKeyPairSync } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TunnelPeer } from '../../overlay/index.ts';
import { defaultIpsecSettings } from '../../overlay/ipsec/charon/settings.ts';
import { resolvePeers } from '../../overlay/ipsec/tunnels/connection.ts';
import { parseSas } from '../../overlay/ipsec/tunnels/sas.ts';
import { connectVici } from '../../overlay/ipsec/vici/client.ts';
import { createMembers, type Member, pass, peerOf, settle } from '../../test/contract/overlay-fixture.ts';
import { ipsecOnHost } from '../../test/support/overlay/ipsec-on-host.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import { printRow } from '../support/report.ts';

const COUNTS = [50, 100, 200];
const REST_MS = 20_000;

/** Memory and CPU of one charon with real tunnels to many hosts, which are identities with addresses of their own on a second charon. */
export async function measureCharon(resources: Resources): Promise<void> {
  const driver = { name: 'ipsec' as const, create: (host: Member['test']) => ipsecOnHost(host).backend };
  const [one, many] = await createMembers(resources, driver as unknown as Parameters<typeof createMembers>[1]);
  const toOne = await peerOf(one);
  for (const { backend, own } of [one, many]) await settle(backend, { own, peers: [] }, 10_000);
  const pid = Number(await readFile(join(one.test.dir, 'ipsec/charon.pid'), 'utf8'));
  const [near, far] = [await viciOf(one), await viciOf(many)];
  await one.test.run('ip', ['route', 'add', '198.18.0.0/15', 'dev', 'uplink']);
  printRow(['peers', 'memory', 'all up after', 'CPU of charon for each', 'CPU at rest']);
  printRow(['---', '---', '---', '---', '---']);
  printRow(['0', `${((await usageOf(pid)).kilobytes / 1024).toFixed(1)} MB`, '', '', '']);
  const peers: TunnelPeer[] = [];
  for (const count of COUNTS) {
    const added = await Promise.all(
      Array.from({ length: count - peers.length }, (_, n) => addIdentity(far, toOne, peers.length + n)),
    );
    await many.test.run('ip', ['-force', '-batch', '-'], { input: `${added.flatMap(addressLines).join('\n')}\n` });
    peers.push(...added);
    const [before, begin] = [await usageOf(pid), performance.now()];
    await pass(one.backend, { own: one.own, peers: [...peers] });
    const isUp = async (): Promise<boolean> => {
      const sas = parseSas(await near.stream('list-sas', 'list-sa'));
      return sas.filter(({ state, children }) => state === 'ESTABLISHED' && children.length === 1).length === count;
    };
    await poll(isUp, { what: `${count} tunnels`, timeoutMs: 120_000, intervalMs: 100 });
    const [up, upMs] = [await usageOf(pid), performance.now() - begin];
    await sleep(3_000);
    const rest = await usageOf(pid);
    await sleep(REST_MS);
    const after = await usageOf(pid);
    printRow([
      `${count}`,
      `${(after.kilobytes / 1024).toFixed(1)} MB`,
      `${upMs.toFixed(0)} ms`,
      `${((up.cpuMs - before.cpuMs) / added.length).toFixed(1)} ms`,
      `${(((after.cpuMs - rest.cpuMs) / REST_MS) * 100).toFixed(2)} %`,
    ]);
  }
  console.log();
}

const viciOf = ({ test }: Member) => connectVici(join(test.dir, 'ipsec/charon.vici'));

/** Loads the key and the connection of a further host into the other charon. */
async function addIdentity(
  far: Awaited<ReturnType<typeof connectVici>>,
  toOne: TunnelPeer,
  n: number,
): Promise<TunnelPeer> {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const subnet = `10.${50 + Math.floor(n / 250)}.${n % 250}`;
  const address = `198.18.${Math.floor(n / 250)}.${(n % 250) + 1}`;
  const own = { hostId: `p${n}`, subnet: `${subnet}.0/24`, gateway: `${subnet}.1`, address, mtu: 1300 };
  const { connections } = resolvePeers(defaultIpsecSettings, 'kernel-libipsec', own, key, [toOne]);
  const settings = connections.get(toOne.hostId)?.settings ?? {};
  await far.request('load-key', { type: 'any', data: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() });
  await far.request('load-conn', { [`drover-${own.hostId}`]: { ...settings, local_addrs: [address] } });
  return { hostId: own.hostId, address, port: 4500, publicKey: key, subnets: [own.subnet], isSilent: false };
}

function addressLines({ address, subnets }: TunnelPeer): readonly string[] {
  const gateway = subnets[0]?.replace(/0\/24$/, '1');
  return [`address add ${gateway}/32 dev lo`, `address add ${address}/32 dev uplink`];
}

async function usageOf(pid: number): Promise<{ readonly cpuMs: number; readonly kilobytes: number }> {
  const [stat, status] = await Promise.all(['stat', 'status'].map((file) => readFile(`/proc/${pid}/${file}`, 'utf8')));
  const fields = (stat ?? '').split(') ')[1]?.split(' ') ?? [];
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status ?? '')?.[1]);
  return { cpuMs: (Number(fields[11]) + Number(fields[12])) * 10, kilobytes };
}
