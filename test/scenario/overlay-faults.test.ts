import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Daemon } from '../support/daemon.ts';
import {
  childPid,
  createOverlayWorld,
  isReached,
  type OverlayWorld,
  overlayRoutes,
  pairsOf,
  type Site,
  tunnelDevices,
  untilConnected,
  untilUsed,
} from '../support/overlay/overlay-world.ts';
import { poll } from '../support/poll.ts';
import { createRandom } from '../support/random.ts';
import { createResources } from '../support/resources.ts';

/** 20 in the long form: `DROVER_BOOTS=20 npx vitest run test/scenario/overlay-faults.test.ts`. */
const BOOTS = Number(process.env.DROVER_BOOTS ?? 3);

/** 10 minutes in the long form: `DROVER_CONSUL_AWAY_MS=600000`. */
const AWAY_MS = Number(process.env.DROVER_CONSUL_AWAY_MS ?? 15_000);

/** 10 minutes in the long form: `DROVER_UDP_CLOSED_MS=600000`. */
const CLOSED_MS = Number(process.env.DROVER_UDP_CLOSED_MS ?? 10_000);

/** `npm test` runs beside other tests; the time that a fault took to heal is printed. */
const HEALED_MS = 30_000;

const resources = createResources();
let world: OverlayWorld;
let alpha: Site;
let beta: Site;
let gamma: Site;
/** What passes in clear between containers, on the network between the hosts, one line a packet. */
let captures: readonly Daemon[];
const stop = new AbortController();
let traffic: Promise<unknown>;

beforeAll(async () => {
  world = await createOverlayWorld(resources, {
    names: ['alpha', 'beta', 'gamma'],
    backend: 'vxlan',
    findsAddress: true,
  });
  [alpha, beta, gamma] = world.sites as [Site, Site, Site];
  await untilConnected(world.sites);
  captures = world.sites.map(({ host }) => host.start('tcpdump', ['-l', '-n', '-i', 'uplink', 'net', '10.42.0.0/16']));
  for (const capture of captures)
    await poll(() => capture.output().includes('listening on'), { what: 'a capture', giveUp: capture.assertRunning });
  // During all faults there is something to capture.
  traffic = Promise.all(
    [[alpha, beta] as const, [beta, gamma] as const].map(async ([from, to]) => {
      while (!stop.signal.aborted) {
        await isReached(from, to);
        await sleep(300);
      }
    }),
  );
});
afterAll(async () => {
  stop.abort();
  await traffic;
  await resources.close();
});

const inClear = (): string => captures.map((capture) => capture.stdout()).join('');

/** What the agent of a site has changed since it started, one line a change. */
const changesOf = ({ agent }: Site): string =>
  agent.daemon
    .output()
    .split('\n')
    .filter((line) => line.includes('"msg":"changed"'))
    .join('\n');

const report = (backend: string, fault: string, ms: number): void =>
  console.log(`overlay: ${backend}: ${fault}: healed after ${ms} ms`);

const backends = [
  { backend: 'vxlan', device: /drover-vx/, child: null },
  { backend: 'wireguard', device: /drover-wg[01]/, child: 'wireguard' },
  { backend: 'ipsec', device: /ipsec0/, child: 'ipsec' },
] as const;

const boots = Array.from({ length: BOOTS }, (_, round) => backends[(round + 1) % backends.length] ?? backends[0]);

/** The program of the tunnel that a host has. */
async function programOf(site: Site): Promise<string> {
  const [name = ''] = await tunnelDevices(site);
  return name.startsWith('drover-wg') ? `wireguard-${name.slice(-1)}` : 'ipsec';
}

describe.each(backends)('$backend', ({ backend, device, child }) => {
  beforeAll(async () => {
    await world.ask({ use: backend });
    await untilUsed(world.sites, device, 60_000);
    await untilConnected(world.sites);
  });

  const healed = async (fault: string, cause: () => Promise<unknown>): Promise<void> => {
    await cause();
    report(backend, fault, await untilConnected(world.sites, HEALED_MS));
  };

  test('Q3, Q24: a lost device, route and firewall come back, and the time is printed', async () => {
    const [name = ''] = await tunnelDevices(beta);
    await healed('device deleted', () => beta.host.run('ip', ['link', 'delete', name]));
    await poll(async () => (await tunnelDevices(beta)).length === 1, { what: 'the device', timeoutMs: HEALED_MS });
    await healed('routes deleted', () => beta.host.run('ip', ['route', 'flush', 'proto', '250']));
    await poll(async () => device.test(await overlayRoutes(beta)), { what: 'the routes' });
    await healed('nft flush ruleset', () => beta.host.run('nft', ['flush', 'ruleset']));
  });

  test('Q3: a killed tunnel program is restarted, if the backend has one', async () => {
    if (child === null) return expect(await tunnelDevices(beta)).toEqual(['drover-vx']);
    const programName = await programOf(beta);
    const before = await childPid(beta, programName);
    await healed('program killed', async () => process.kill(before, 'SIGKILL'));
    await poll(async () => (await childPid(beta, programName)) !== before, {
      what: 'another process',
      timeoutMs: HEALED_MS,
    });
    report(backend, 'program killed, after its restart', await untilConnected(world.sites, HEALED_MS));
  });

  test('Q2: tunnels stand while the agent is killed and started again', async () => {
    const lost: string[] = [];
    const stop = new AbortController();
    const asking = (async () => {
      while (!stop.signal.aborted) {
        const at = new Date().toISOString();
        if (!(await isReached(alpha, beta))) lost.push(at);
      }
    })();
    await beta.agent.stop('SIGKILL');
    await beta.agent.start();
    await poll(async () => (await tunnelDevices(beta)).length === 1, { what: 'the device' });
    stop.abort();
    await asking;
    expect(lost, changesOf(beta)).toEqual([]);
  });

  test(
    'Q3: after the UDP ports were closed for a while, all pairs are connected again',
    async () => {
      const table =
        'table ip closed { chain input { type filter hook input priority -300; udp dport { 500, 4500, 4789, 51820, 51821 } drop; }; }';
      await beta.host.run('nft', ['-f', '-'], { input: table });
      await poll(async () => !(await isReached(alpha, beta)), { what: 'a closed path' });
      await sleep(CLOSED_MS);
      await healed(`UDP ports closed for ${CLOSED_MS} ms`, () =>
        beta.host.run('nft', ['delete', 'table', 'ip', 'closed']),
      );
    },
    CLOSED_MS + 240_000,
  );
});

/** As after a power failure: no process, device, route, rule or table is left of Drover's overlay. */
async function crash({ host, agent }: Site, child: string | null): Promise<void> {
  await agent.stop('SIGKILL');
  if (child !== null) process.kill(await childPid({ agent }, child), 'SIGKILL');
  const devices = await tunnelDevices({ host });
  for (const device of devices) await host.run('ip', ['link', 'delete', device]).catch(() => {});
  await host.run('ip', ['route', 'flush', 'proto', '250']);
  await host.run('nft', ['delete', 'table', 'inet', 'drover_overlay']);
}

test(
  'Q3: three hosts that boot in any order connect within 30 s',
  async () => {
    const random = createRandom(1);
    for (const [round, { backend, device, child }] of boots.entries()) {
      await world.ask({ use: backend });
      await untilUsed(world.sites, device, 60_000);
      const names = await Promise.all(world.sites.map(programOf));
      await Promise.all(world.sites.map((site, index) => crash(site, child === null ? null : (names[index] ?? null))));
      const order = random.some(world.sites, 3, 3);
      const started = order.map(async ({ agent }, index) => {
        await sleep(index * random.below(1_500));
        await agent.start();
      });
      report(
        backend,
        `boot ${round + 1}, ${order.map(({ name }) => name).join(', ')}`,
        await untilConnected(world.sites, HEALED_MS),
      );
      await Promise.all(started);
    }
  },
  BOOTS * 120_000,
);

test(
  'Q2: tunnels stand while Consul does not answer',
  async () => {
    for (const server of world.consul.servers) server.pause();
    try {
      const lost: string[] = [];
      for (let begin = Date.now(); Date.now() - begin < AWAY_MS; await sleep(200))
        for (const [from, to] of pairsOf(world.sites))
          if (!(await isReached(from, to))) lost.push(`${from.name} to ${to.name} after ${Date.now() - begin} ms`);
      expect(lost).toEqual([]);
    } finally {
      for (const server of world.consul.servers) server.resume();
    }
  },
  AWAY_MS + 60_000,
);

test('Q39: a host that changes its address, and two that exchange theirs, are followed', async () => {
  const setAddress = async ({ host }: Site, address: string): Promise<void> => {
    await host.run('ip', ['address', 'flush', 'dev', 'uplink']);
    await host.run('ip', ['address', 'add', `${address}/24`, 'dev', 'uplink']);
  };
  await setAddress(beta, '192.0.2.52');
  report('vxlan', 'address changed', await untilConnected(world.sites, 60_000));
  await beta.host.run('ip', ['address', 'flush', 'dev', 'uplink']);
  await setAddress(gamma, '192.0.2.52');
  await setAddress(beta, '192.0.2.3');
  report('vxlan', 'addresses exchanged', await untilConnected(world.sites, 60_000));
});

test('Q36: not one packet between containers was in clear, and the capture would have seen it', async () => {
  expect(inClear()).toBe('');
  await world.ask({ use: 'direct' });
  await untilUsed(world.sites, null, 60_000);
  await untilConnected(world.sites);
  await poll(() => inClear().includes('ICMP echo request'), { what: 'a packet in clear' });
});
