import { chmod, cp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host, HostOverlay, JsonValue, OverlayChoice } from '../../model/index.ts';
import { startAgent } from '../support/agent.ts';
import { startEngine } from '../support/engine.ts';
import { type BusForger, createBusForger } from '../support/overlay/bus-forger.ts';
import {
  createOverlayWorld,
  isReached,
  OVERLAY_PROGRAMS,
  type OverlayWorld,
  type Site,
  tunnelDevices,
  untilConnected,
  untilUsed,
} from '../support/overlay/overlay-world.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { RESOLVER } from '../support/world.ts';

// Each fault is one named problem, and affects no traffic but that of the host that has it: the others ping each other meanwhile.

const resources = createResources();
let world: OverlayWorld;
let forger: BusForger;
let alpha: Site;
let beta: Site;
let gamma: Site;

beforeAll(async () => {
  world = await createOverlayWorld(resources, {
    names: ['alpha', 'beta', 'gamma'],
    bare: ['clone'],
    backend: 'wireguard',
  });
  [alpha, beta, gamma] = world.sites as [Site, Site, Site];
  forger = createBusForger(world.consul);
  await untilUsed(world.sites, /drover-wg1/);
  await untilConnected(world.sites);
  await untilComplete();
});
afterAll(() => resources.close());

const idOf = async (site: Site): Promise<string> => (await site.agent.status()).host.id;
const choice = async () => (await forger.document('overlay')) as unknown as OverlayChoice;

/** Until all hosts have finished the last change. */
async function untilComplete(): Promise<void> {
  const { generation } = await choice();
  for (const site of world.sites) {
    const id = await idOf(site);
    await poll(async () => ((await forger.fact(id, 'overlay')) as unknown as HostOverlay).uses === generation, {
      what: `${site.name} to use generation ${generation}`,
      timeoutMs: 30_000,
    });
  }
}

/** The problems that `drover status` shows of the overlay, one line each. */
async function problemsOf({ agent }: Pick<Site, 'agent'>): Promise<readonly string[]> {
  const { parts, problems } = await agent.status();
  return [...problems, ...parts.flatMap((part) => part.problems)].map(
    ({ subject, what, hint }) => `${subject}: ${what} (${hint})`,
  );
}

function untilNamed(
  site: Pick<Site, 'agent' | 'name'>,
  pattern: RegExp,
  timeoutMs = 15_000,
): Promise<readonly string[]> {
  const found = async () => {
    const lines = (await problemsOf(site)).filter((line) => pattern.test(line));
    return lines.length > 0 && lines;
  };
  return poll(found, { what: `${site.name} to name ${pattern}`, timeoutMs });
}

const untilQuiet = (site: Site, pattern: RegExp) =>
  poll(async () => !(await problemsOf(site)).some((line) => pattern.test(line)), {
    what: `${site.name} to name ${pattern} no longer`,
    timeoutMs: 15_000,
  });

/** Runs `work` while the containers of these sites ping each other, and expects that nothing is lost. */
async function undisturbed(sites: readonly Site[], work: () => Promise<unknown>): Promise<void> {
  const stop = new AbortController();
  const lost: string[] = [];
  let echoes = 0;
  const pinging = sites.map(async (from, at) => {
    const to = sites[(at + 1) % sites.length] as Site;
    while (!stop.signal.aborted) {
      echoes += 1;
      if (!(await isReached(from, to))) lost.push(`${from.name} to ${to.name}`);
      await sleep(20);
    }
  });
  try {
    await work();
  } finally {
    stop.abort();
    await Promise.all(pinging);
  }
  expect(lost).toEqual([]);
  expect(echoes).toBeGreaterThan(sites.length);
}

const rotate = () => poll(() => world.ask({ rotate: true }).then(() => true), { what: 'new keys', timeoutMs: 30_000 });

test('a key directory that others can read is one problem with a hint, and the tunnels stand until it is fixed', async () => {
  const directory = join(gamma.agent.dataDir, 'overlay');
  await undisturbed(world.sites, async () => {
    await chmod(directory, 0o755);
    expect(await untilNamed(gamma, /private key/)).toEqual([expect.stringContaining(`chmod 700 ${directory}`)]);
    await rotate();
    // The two others have changed; they wait for this one.
    await poll(async () => (await tunnelDevices(alpha)).includes('drover-wg0'), { what: 'the new tunnel of alpha' });
    await chmod(directory, 0o700);
    await untilUsed(world.sites, /drover-wg0/);
    await untilComplete();
    await untilQuiet(gamma, /private key/);
  });
});

test('a public key that somebody else writes is refused and named, and the earlier one stays in use', async () => {
  const id = await idOf(beta);
  await undisturbed(world.sites, async () => {
    const overlay = (await forger.fact(id, 'overlay')) as unknown as HostOverlay;
    const ends = overlay.ends.map((end) => ({ ...end, publicKey: `${'B'.repeat(42)}A=` }));
    await forger.setFact(id, 'overlay', { ...overlay, ends } as unknown as JsonValue);
    const named = await untilNamed(alpha, /wireguard key of host beta/);
    expect(named).toHaveLength(1);
    await sleep(1_000);
    await forger.setFact(id, 'overlay', overlay as unknown as JsonValue);
    await untilQuiet(alpha, /wireguard key of host beta/);
  });
});

test('a fact that is no fact, and one of a newer version, change nothing', async () => {
  const id = await idOf(beta);
  await undisturbed(world.sites, async () => {
    const overlay = (await forger.fact(id, 'overlay')) as unknown as HostOverlay;
    await forger.setFact(id, 'overlay', { ends: 'all', uses: -1 });
    expect(await untilNamed(alpha, /fact overlay/)).toHaveLength(1);
    const quic = { backend: 'quic', means: 'kernel', lacks: '' };
    const newer = { ...overlay, later: true, abilities: [...overlay.abilities, quic] };
    await forger.setFact(id, 'overlay', newer as unknown as JsonValue);
    await untilQuiet(alpha, /fact overlay/);
    await forger.setFact(id, 'overlay', overlay as unknown as JsonValue);
  });
});

test('Q18: a host that announces the subnet of another one gets nothing', async () => {
  const id = await idOf(beta);
  const rogue = '00000000-0000-4000-8000-000000000000';
  const [host, overlay] = await Promise.all([forger.fact(id, 'host'), forger.fact(id, 'overlay')]);
  await undisturbed(world.sites, async () => {
    const fact = { ...(host as unknown as Host), id: rogue, name: 'rogue', address: '192.0.2.77', incarnation: 1 };
    await forger.addHost(rogue, { host: fact as unknown as JsonValue, overlay: overlay as JsonValue });
    expect(await untilNamed(alpha, /subnet .* of host rogue .* overlaps the subnet of host/)).toHaveLength(1);
    await forger.removeHost(rogue);
    await untilQuiet(alpha, /rogue/);
  });
});

test('a choice that is garbage is named, and `drover overlay use` replaces it', async () => {
  await undisturbed(world.sites, async () => {
    const before = await choice();
    await forger.setDocument('overlay', { ...before, generation: -3, backend: 'quic' } as unknown as JsonValue);
    for (const site of world.sites) expect(await untilNamed(site, /overlay: .*(backend|generation)/)).toHaveLength(1);
    expect((await alpha.agent.drover(['overlay', 'use', 'wireguard'])).exitCode).toBe(0);
    for (const site of world.sites) await untilQuiet(site, /overlay: .*(backend|generation)/);
    expect((await choice()).generation).toBe(before.generation + 1);
  });
});

const use = (site: Site, backend: string) => site.agent.drover(['overlay', 'use', backend]);

test('changes in quick succession and from two hosts at once end in one state', async () => {
  await Promise.all([use(alpha, 'vxlan'), use(beta, 'direct')]);
  await use(beta, 'vxlan');
  await use(gamma, 'wireguard');
  await use(alpha, 'vxlan');
  await untilUsed(world.sites, /drover-vx/);
  await untilConnected(world.sites);
});

test('an agent that is killed during a change finishes it', async () => {
  await undisturbed([alpha, gamma], async () => {
    await use(gamma, 'wireguard');
    await beta.agent.stop('SIGKILL');
    await beta.agent.start();
    await untilUsed(world.sites, /drover-wg[01]/);
  });
  await untilConnected(world.sites);
});

test('Q37: a cloned machine is named, and only the two machines with one id are affected', async () => {
  const [bare] = world.bare as [(typeof world.bare)[number]];
  await undisturbed([alpha, gamma], async () => {
    await cp(beta.agent.dataDir, join(bare.host.dir, 'drover/data'), { recursive: true });
    const engine = await startEngine(resources, bare.host, { dns: [RESOLVER] });
    const clone = await startAgent(resources, bare.host, engine, {
      until: 'control',
      config: {
        host: { name: 'clone', address: bare.address },
        bus: { driver: 'consul', consul: { addresses: [...world.consul.urls] } },
        network: { backend: 'wireguard', ...OVERLAY_PROGRAMS },
      },
    });
    await untilNamed(beta, /same host id/, 30_000);
    await clone.stop();
    await beta.agent.stop();
    await beta.agent.start();
    await untilQuiet(beta, /same host id/);
  });
  await untilConnected(world.sites, 60_000);
});

test('Q2, Q20: the tunnels of a host whose agent has stopped stand until the host is forgotten', async () => {
  const id = await idOf(gamma);
  const peersOf = (site: Site) => site.host.run(OVERLAY_PROGRAMS.wg, ['show', 'all', 'peers']);
  const peers = async (site: Site) => (await peersOf(site)).trim().split('\n').length;
  const stateOf = async (site: Site) => /^gamma .* (up|no agent) /m.exec((await site.agent.drover(['overlay'])).stdout);
  const untilState = async (state: string) => {
    for (const site of [alpha, beta])
      await poll(async () => (await stateOf(site))?.[1] === state, {
        what: `${site.name} to say of gamma: ${state}`,
        timeoutMs: 30_000,
      });
  };
  expect([await peers(alpha), await peers(beta)]).toEqual([2, 2]);
  await undisturbed(world.sites, async () => {
    await gamma.agent.stop();
    await untilState('no agent');
    await gamma.agent.start();
    await untilState('up');
    await gamma.agent.stop('SIGKILL');
    await untilState('no agent');
  });
  await undisturbed([alpha, beta], async () => {
    const forget = async () => (await alpha.agent.drover(['forget', id])).exitCode === 0;
    await poll(forget, { what: 'alpha to forget gamma', timeoutMs: 30_000 });
    for (const site of [alpha, beta])
      await poll(async () => (await peers(site)) === 1, { what: `${site.name} to drop the tunnel`, timeoutMs: 20_000 });
    expect(await isReached(gamma, alpha)).toBe(false);
  });
});
