import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { askAgent } from '../../agent/index.ts';
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
