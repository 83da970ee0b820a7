import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAgent, type OverlayPage } from '../../agent/index.ts';
import { composeUp, inside, WEB_COMMAND } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

const WG = { wg: resolve('.tools/overlay/bin/wg'), wireguardGo: resolve('.tools/overlay/bin/wireguard-go') };

const resources = createResources();
let members: readonly Member[];
let alpha: Member;
let beta: Member;

beforeAll(async () => {
  ({ members } = await createWorld(resources, {
    names: ['alpha', 'beta'],
    bus: 'consul',
    config: () => ({ network: { backend: 'auto', ...WG } }),
  }));
  [alpha, beta] = members as [Member, Member];
  await composeUp(alpha, 'shop', 'web', 1, { command: WEB_COMMAND });
  await composeUp(beta, 'shop', 'client', 1);
}, 120_000);
afterAll(() => resources.close());

const page = () => inside(beta, 'shop-client-1', 'wget -qO- http://web');

async function routesOf({ host }: Member): Promise<string> {
  return host.run('ip', ['route', 'show', 'proto', '250']);
}

/** The devices of tunnels that a host has. */
async function devicesOf({ host }: Member): Promise<string[]> {
  const links = await host.run('ip', ['-brief', 'link']);
  return links.split('\n').flatMap((line) => /^(drover-(?:vx|wg[01])|ipsec0)\b/.exec(line)?.[1] ?? []);
}

async function ask(body: Record<string, unknown>): Promise<void> {
  const reply = await askAgent(`${alpha.agent.runDir}/control.sock`, { method: 'POST', path: '/v1/overlay', body });
  expect(reply).toMatchObject({ kind: 'answer' });
}

/** Waits until the device, and it alone, carries the traffic of all hosts. */
async function changedTo(device: string): Promise<void> {
  for (const member of members) {
    await poll(async () => (await devicesOf(member)).join() === device, {
      what: `only ${device || 'no device'} on ${member.name}`,
      timeoutMs: 30_000,
    });
    const expected = device === '' ? 'via 192.0.2.' : `dev ${device}`;
    await poll(async () => (await routesOf(member)).includes(expected), {
      what: `route of ${member.name}: ${expected}`,
    });
  }
}

test('auto chooses an encrypted backend, and containers of two hosts reach each other', async () => {
  await poll(async () => (await page()).includes('hello from web-1'), { what: 'web from beta', timeoutMs: 30_000 });
  expect(await devicesOf(beta)).toEqual(['drover-wg1']);
  expect(await routesOf(beta)).toContain('dev drover-wg1');
});

const overlayOf = async (member: Member, ...args: readonly string[]) => {
  const { stdout } = await member.agent.drover(['overlay', ...args]);
  return stdout;
};
const pathOf = async (member: Member) => (JSON.parse(await overlayOf(member, '--json')) as OverlayPage).rows[0];

test('Q21 both hosts see the path up, with its round trip, MTU and traffic', async () => {
  for (const member of members) {
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
  const why = await beta.agent.drover(['why', 'path', 'shop-client-1', 'web.shop:80']);
  expect(why.stdout).toContain('Nothing that Drover knows of stops the packets.');
  expect(why.stdout).toMatch(/route +ok +10\.42\.\d+\.\d+ on drover-wg1/);
});

test('Q21 a direction that is lost is named on both hosts, with what to do, until it works again', async () => {
  await alpha.host.run('nft', ['-f', '-'], {
    input: `table ip cut { chain out { type filter hook output priority 0\nudp dport {51820, 51821} drop\n}\n}`,
  });
  const problemOf = async (member: Member) => {
    const { stdout } = await member.agent.drover(['status']);
    return stdout.split('\n').find((line) => line.includes('path from alpha to beta'));
  };
  for (const member of members) {
    const found = await poll(() => problemOf(member), { what: `${member.name} to name the path`, timeoutMs: 60_000 });
    expect(found).toContain('in the firewalls of both hosts');
  }
  const why = await beta.agent.drover(['why', 'path', 'shop-client-1', 'shop-web-1']);
  expect(why.stdout).toMatch(/Stopped: path from alpha to beta no packets arrive/);
  await alpha.host.run('nft', ['delete', 'table', 'ip', 'cut']);
  for (const member of members)
    await poll(async () => (await pathOf(member))?.state === 'up', {
      what: `the path of ${member.name} to be up again`,
      timeoutMs: 30_000,
    });
}, 120_000);

test('a change of the backend, and of the keys, rolls through the hosts, and no request fails', async () => {
  const stop = new AbortController();
  const failures: string[] = [];
  let requests = 0;
  const asking = (async () => {
    while (!stop.signal.aborted) {
      requests += 1;
      const text = await page().catch((error: Error) => error.message);
      if (!text.includes('hello from')) failures.push(text);
    }
  })();
  await ask({ rotate: true });
  await changedTo('drover-wg0');
  await ask({ use: 'direct' });
  await changedTo('');
  await ask({ use: 'vxlan' });
  await changedTo('drover-vx');
  await ask({ use: 'auto' });
  await changedTo('drover-wg1');
  stop.abort();
  await asking;
  expect(requests).toBeGreaterThan(10);
  expect(failures).toEqual([]);
}, 180_000);
