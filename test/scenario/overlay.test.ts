import { afterAll, beforeAll, expect, test } from 'vitest';
import { identify } from '../../agent/children/process-identity.ts';
import { askAgent } from '../../agent/index.ts';
import { removeContainers } from '../support/engine.ts';
import {
  childPid,
  createOverlayWorld,
  isReached,
  type OverlayWorld,
  overlayRoutes,
  pairsOf,
  pathOf,
  type Site,
  tunnelDevices,
  untilConnected,
  untilUsed,
} from '../support/overlay/overlay-world.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const resources = createResources();
let world: OverlayWorld;

beforeAll(async () => {
  world = await createOverlayWorld(resources, { names: ['alpha', 'beta'], backend: 'auto' });
});
afterAll(() => resources.close());

test('auto chooses an encrypted backend, and containers of two hosts reach each other', async () => {
  await untilConnected(world.sites);
  for (const site of world.sites) {
    expect(await tunnelDevices(site)).toEqual(['drover-wg1']);
    expect(await overlayRoutes(site)).toContain('dev drover-wg1');
  }
});

const overlayOf = async (member: Site, ...args: readonly string[]) => {
  const { stdout } = await member.agent.drover(['overlay', ...args]);
  return stdout;
};

/** Drops packets of the tunnels that leave a host, and match. */
async function dropTunnel({ host }: Site, match = ''): Promise<void> {
  const rule = `${match} udp dport {51820, 51821} drop`;
  await host.run('nft', ['-f', '-'], {
    input: `table ip cut { chain out { type filter hook output priority 0\n${rule}\n}\n}`,
  });
}

const heal = ({ host }: Site) => host.run('nft', ['delete', 'table', 'ip', 'cut']);

async function untilUp(): Promise<void> {
  for (const member of world.sites)
    await poll(async () => (await pathOf(member))?.state === 'up', {
      what: `the path of ${member.name} to be up`,
      timeoutMs: 60_000,
    });
}

test('Q21 both hosts see the path up, with its round trip, MTU and traffic', async () => {
  const [, beta] = world.sites as [Site, Site];
  for (const member of world.sites) {
    await poll(async () => (await pathOf(member))?.state === 'up', { what: `the path of ${member.name} to be up` });
    await poll(async () => (await pathOf(member))?.mtu === 1440, { what: `the MTU of ${member.name}` });
  }
  const path = await pathOf(beta);
  expect(path).toMatchObject({ host: 'alpha', backend: 'wireguard', inbound: 'ok', outbound: 'ok' });
  expect(path?.rttMs).toBeLessThan(1_000);
  expect(path?.receivedBytes).toBeGreaterThan(0);
  expect(await overlayOf(beta)).toMatch(/^alpha +wireguard +192\.0\.2\.1:\d+ +up /m);
  const { body } = (await askAgent(`${beta.agent.runDir}/control.sock`, { method: 'GET', path: '/metrics' })) as {
    body: string;
  };
  expect(body).toContain('drover_overlay_peer_up{peer="alpha",backend="wireguard"} 1');
  expect(body).toContain('drover_overlay_mtu_bytes{peer="alpha"} 1440');
  const why = await beta.agent.drover(['why', 'path', 'box-beta-1', 'alpha.box:80']);
  expect(why.stdout).toContain('Nothing that Drover knows of stops the packets.');
  expect(why.stdout).toMatch(/route +ok +10\.42\.\d+\.\d+ on drover-wg1/);
});

test('Q21 a direction that is lost is named on both hosts, with what to do, until it works again', async () => {
  const [alpha, beta] = world.sites as [Site, Site];
  await dropTunnel(alpha);
  const problemOf = async (member: Site) => {
    const { stdout } = await member.agent.drover(['status']);
    return stdout.split('\n').find((line) => line.includes('path from alpha to beta'));
  };
  for (const member of world.sites) {
    const found = await poll(() => problemOf(member), { what: `${member.name} to name the path`, timeoutMs: 60_000 });
    expect(found).toContain('in the firewalls of both hosts');
  }
  const why = await beta.agent.drover(['why', 'path', 'box-beta-1', 'box-alpha-1']);
  expect(why.stdout).toMatch(/Stopped: path from alpha to beta no packets arrive/);
  await heal(alpha);
  await untilUp();
});

test('Q3: a change of the backend, and of the keys, rolls through the hosts without a lost packet', async () => {
  const stop = new AbortController();
  const lost: string[] = [];
  let echoes = 0;
  const asking = pairsOf(world.sites).map(async ([from, to]) => {
    while (!stop.signal.aborted) {
      echoes += 1;
      if (!(await isReached(from, to))) lost.push(`${from.name} to ${to.name}`);
    }
  });
  // Refused until the hosts have finished what they began at their start.
  await poll(() => world.ask({ rotate: true }).then(() => true), { what: 'new keys', timeoutMs: 30_000 });
  await untilUsed(world.sites, /drover-wg0/);
  await world.ask({ use: 'direct' });
  await untilUsed(world.sites, null);
  await world.ask({ use: 'vxlan' });
  await untilUsed(world.sites, /drover-vx/);
  await world.ask({ use: 'auto' });
  await untilUsed(world.sites, /drover-wg1/);
  stop.abort();
  await Promise.all(asking);
  expect(echoes).toBeGreaterThan(50);
  expect(lost).toEqual([]);
});

test('Q11 the route is lowered in the direction in which large packets are lost', async () => {
  const [alpha, beta] = world.sites as [Site, Site];
  await dropTunnel(alpha, 'meta length > 1400');
  // A change of the backend before can have lowered a route, too: larger probes are sent again after a minute.
  const isLowered = async (site: Site) => /mtu 1[0-3]\d\d /.test(await overlayRoutes(site));
  await poll(async () => (await isLowered(alpha)) && !(await isLowered(beta)), {
    what: 'a lower MTU from alpha to beta only',
    timeoutMs: 120_000,
  });
  expect((await pathOf(alpha))?.state).toBe('up');
  await heal(alpha);
});

test('Q39 a peer is reached at another of its addresses if the first one does not work', async () => {
  const [alpha, beta] = world.sites as [Site, Site];
  for (const [index, { host }] of world.sites.entries())
    await host.run('ip', ['address', 'add', `198.51.100.${index + 1}/24`, 'dev', 'uplink']);
  await dropTunnel(alpha, `ip daddr ${beta.address}`);
  await dropTunnel(beta, `ip daddr ${alpha.address}`);
  const addresses = async () => Promise.all(world.sites.map(async (member) => (await pathOf(member))?.address));
  await poll(async () => (await addresses()).some((address) => address?.startsWith('198.51.100.')), {
    what: 'another address',
    timeoutMs: 60_000,
  });
  await untilUp();
  for (const member of world.sites) await heal(member);
});

test('drover down leaves no device, route, rule, table, key of charon or process, and the other host drops its tunnel', async () => {
  const [alpha, beta] = world.sites as [Site, Site];
  await world.ask({ use: 'ipsec' });
  await untilUsed(world.sites, /ipsec0/, 60_000);
  const charon = await childPid(beta, 'ipsec');
  const before = await traces(beta);
  expect(before).toMatch(/ipsec0.*proto 250.*5005:.*drover_overlay/s);
  await removeContainers(beta.engine);
  expect(await beta.agent.drover(['down'])).toMatchObject({ exitCode: 0 });
  expect(await traces(beta)).toBe('');
  expect(await identify(charon)).toBeNull();
  expect(await beta.host.run('ip', ['xfrm', 'policy'])).toBe('');
  await poll(async () => !(await overlayRoutes(alpha)).includes('dev ipsec0'), { what: 'alpha to drop the route' });
});

/** What a host has of the overlay: devices, routes of all tables, rules, and tables of nftables. */
async function traces({ host }: Site): Promise<string> {
  const lines = await Promise.all([
    host.run('ip', ['-brief', 'link']),
    host.run('ip', ['route', 'show', 'table', 'all']),
    host.run('ip', ['rule']),
    host.run('nft', ['list', 'tables']),
  ]);
  return lines
    .flatMap((text) => text.split('\n'))
    .filter((line) => /drover-|ipsec0|proto 250|10042|drover_|^50\d\d:/.test(line))
    .join('\n');
}
