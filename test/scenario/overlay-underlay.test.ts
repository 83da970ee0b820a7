import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCommand } from '../../system/index.ts';
import {
  createOverlayWorld,
  OVERLAY_PROGRAMS,
  type OverlayWorld,
  overlayRoutes,
  pathOf,
  type Site,
  untilConnected,
  untilUsed,
} from '../support/overlay/overlay-world.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import type { TestHost } from '../support/test-host.ts';

// Networks between the hosts: with IPv6 only, and with a host whose default route is a VPN.

/** 16 minutes in the long form: `DROVER_IDLE_MS=960000 npx vitest run test/scenario/overlay-underlay.test.ts`. */
const IDLE_MS = Number(process.env.DROVER_IDLE_MS ?? 3_000);
const MEGABYTES_10 = 10 << 20;
const BULK = fileURLToPath(new URL('../support/overlay/bulk.ts', import.meta.url));
const IDLE = fileURLToPath(new URL('../support/idle-tcp.ts', import.meta.url));

const resources = createResources();
let world: OverlayWorld;
let alpha: Site;
let beta: Site;
let gateway: TestHost;

beforeAll(async () => {
  world = await createOverlayWorld(resources, {
    names: ['alpha', 'beta'],
    bare: ['gateway'],
    backend: 'ipsec',
    findsAddress: true,
    ipv6: true,
  });
  [alpha, beta] = world.sites as [Site, Site];
  gateway = world.bare[0]?.host as TestHost;
  for (const [program, port] of [[BULK, '80'] as const, [IDLE, '81'] as const]) {
    const server = beta.host.start('nsenter', [...inContainer(beta, program), 'serve', beta.inner, port]);
    await poll(() => server.stdout().includes('ready'), { what: program, giveUp: server.assertRunning });
  }
});
afterAll(() => resources.close());

const inContainer = ({ pid }: Site, program: string) => ['-t', `${pid}`, '-n', process.execPath, program];

/** 10 MB each way over TCP, and a UDP message of many packets, between the containers. */
async function exchange(): Promise<string> {
  const args = ['exchange', beta.inner, '80', `${MEGABYTES_10}`, '8192'];
  return (await runCommand('nsenter', [...inContainer(alpha, BULK), ...args], { timeoutMs: 60_000 })).trim();
}

/** What happened to an idle and to a half-closed connection between the containers. */
function idle(): Promise<string> {
  const args = [...inContainer(alpha, IDLE), 'ask', beta.inner, '81', `${IDLE_MS}`];
  return runCommand('nsenter', args, { timeoutMs: IDLE_MS + 60_000 });
}

interface ExpectedPath {
  readonly address: string;
  readonly mtu: number;
}

/** Waits until each host has measured its path to the other one, at this address and with this MTU. */
async function untilPaths(ofAlpha: ExpectedPath, ofBeta: ExpectedPath): Promise<void> {
  for (const [site, expected] of [[alpha, ofAlpha] as const, [beta, ofBeta] as const]) {
    let last = '';
    const isThere = async () => {
      const path = await pathOf(site);
      last = JSON.stringify(path);
      return path?.state === 'up' && path.address === expected.address && path.mtu === expected.mtu;
    };
    await poll(isThere, { what: `the path of ${site.name}`, timeoutMs: 60_000, intervalMs: 300 }).catch(
      (error: Error) => {
        throw new Error(`${error.message}: ${last}`);
      },
    );
  }
}

test.each([
  { backend: 'ipsec', device: /ipsec0/, mtu: 1414 },
  { backend: 'wireguard', device: /drover-wg[01]/, mtu: 1420 },
])(
  'Q11, Q31: hosts with IPv6 only, $backend: containers reach each other, large packets pass, idle and half-closed connections live on',
  async ({ backend, device, mtu }) => {
    expect((await alpha.agent.drover(['overlay', 'use', backend])).exitCode).toBe(0);
    await untilUsed(world.sites, device, 60_000);
    await untilConnected(world.sites);
    const [moved, quiet] = await Promise.all([
      exchange(),
      idle(),
      untilPaths({ address: 'fd00:2::2', mtu }, { address: 'fd00:2::1', mtu }),
    ]);
    expect(moved).toBe(`${MEGABYTES_10} 8192`);
    expect(quiet.trim()).toBe('idle: latedone\nhalf-closed: late');
    const { stdout } = await beta.agent.drover(['overlay']);
    expect(stdout).toMatch(new RegExp(`^alpha +${backend} +\\[fd00:2::1\\]:\\d+ +up `, 'm'));
  },
  IDLE_MS + 240_000,
);

const VPN_MTU = 1320;
/** The device of beta has the first one. Packets of alpha, whose device has more, are filled up to a multiple of 16. */
const INSIDE = { ofBeta: VPN_MTU - 60, ofAlpha: 1248 };
const ip = ({ run }: TestHost, line: string) => run('ip', line.split(' '));

/** One end of a VPN that is not Drover's: WireGuard outside the kernel, with a device of its own kind. */
async function startVpn(host: TestHost, address: string): Promise<string> {
  const { wg, wireguardGo } = OVERLAY_PROGRAMS;
  const program = host.start(wireguardGo, ['-f', 'vpn0']);
  await poll(() => ip(host, 'link show vpn0'), { what: 'vpn0', giveUp: program.assertRunning });
  const keyFile = join(host.dir, 'vpn.key');
  const key = await host.run(wg, ['genkey']);
  await writeFile(keyFile, key, { mode: 0o600 });
  await host.run(wg, ['set', 'vpn0', 'listen-port', '51900', 'private-key', keyFile]);
  await ip(host, `address add ${address}/24 dev vpn0`);
  await ip(host, `link set vpn0 mtu ${VPN_MTU} up`);
  return (await host.run(wg, ['pubkey'], { input: key })).trim();
}

/** A VPN from beta to the gateway, which is the default route of beta. The gateway and alpha are on one network. */
async function connectVpn(): Promise<void> {
  const [ofBeta, ofGateway] = [await startVpn(beta.host, '10.99.0.2'), await startVpn(gateway, '10.99.0.1')];
  const peer = (key: string, ...args: readonly string[]) => ['set', 'vpn0', 'peer', key, ...args];
  const { wg } = OVERLAY_PROGRAMS;
  await gateway.run(wg, peer(ofBeta, 'allowed-ips', '10.99.0.2/32'));
  const everything = ['allowed-ips', '0.0.0.0/0', 'endpoint', '192.0.2.3:51900'];
  await beta.host.run(wg, peer(ofGateway, ...everything));
  await gateway.run('sysctl', ['-qw', 'net.ipv4.ip_forward=1']);
  await ip(beta.host, 'route add default dev vpn0');
}

test('Q39: hosts that change to IPv4 are followed, and one whose default route becomes a VPN keeps the network of its neighbours', async () => {
  for (const [index, host] of [alpha.host, beta.host, gateway].entries()) {
    await ip(host, 'address flush dev uplink scope global');
    await ip(host, `address add 192.0.2.${index + 1}/24 dev uplink`);
  }
  await untilPaths({ address: '192.0.2.2', mtu: 1440 }, { address: '192.0.2.1', mtu: 1440 });
  await connectVpn();
  await untilPaths({ address: '192.0.2.2', mtu: INSIDE.ofAlpha }, { address: '192.0.2.1', mtu: INSIDE.ofBeta });
  expect(await exchange()).toBe(`${MEGABYTES_10} 8192`);
});

test('Q11, Q39: a host that is reached only through a VPN has the address and the MTU of the VPN', async () => {
  await ip(alpha.host, 'route add 10.99.0.0/24 via 192.0.2.3');
  // The wire remains, and leads to the gateway alone.
  await ip(gateway, 'address add 198.51.100.3/24 dev uplink');
  await ip(beta.host, 'address flush dev uplink');
  await ip(beta.host, 'address add 198.51.100.2/24 dev uplink');
  await ip(beta.host, 'route add 192.0.2.3 via 198.51.100.3');
  await untilPaths({ address: '10.99.0.2', mtu: INSIDE.ofAlpha }, { address: '192.0.2.1', mtu: INSIDE.ofBeta });
  expect(await overlayRoutes(alpha)).toContain(`mtu ${INSIDE.ofAlpha}`);
  expect(await exchange()).toBe(`${MEGABYTES_10} 8192`);
});
