import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunningAgent } from '../support/agent.ts';
import { addressOf, composeUp, inside, lookUp, pidOf, WEB_COMMAND } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { unpackPreviousVersion } from '../support/previous-version.ts';
import { createResources } from '../support/resources.ts';
import { startSteadyAsker } from '../support/steady-asker.ts';
import { createWorld, type Member } from '../support/world.ts';

const resources = createResources();
let previous: string;

beforeAll(async () => {
  previous = await unpackPreviousVersion(resources);
});
afterAll(() => resources.close());

const lastLine = (text: string) => text.trim().split('\n').at(-1);
const untilAllWell = (agent: RunningAgent) =>
  poll(async () => lastLine((await agent.drover(['status'])).stdout) === 'No problems.', {
    what: 'a status without problems',
    timeoutMs: 30_000,
  });

describe('a host of the previous version, with state, leases and containers, is taken over', () => {
  const own = createResources();
  let alpha: Member;

  beforeAll(async () => {
    const world = await createWorld(own, { names: ['alpha'], bus: 'embedded', program: () => previous });
    [alpha] = world.members as [Member];
    await composeUp(alpha, 'shop', 'web', 1, { command: WEB_COMMAND });
    await composeUp(alpha, 'shop', 'client', 1);
    await poll(async () => (await lookUp(alpha, 'shop-client-1', 'web')).includes('10.42.'), { what: 'web answered' });
  });
  afterAll(() => own.close());

  /** Everything that must be the same afterwards. */
  async function standing() {
    const { agent, engine, host } = alpha;
    const network = await engine.docker.getNetwork('drover').inspect();
    return {
      hostId: (await agent.status()).host.id,
      addresses: await Promise.all(['shop-web-1', 'shop-client-1'].map((name) => addressOf(alpha, name))),
      networkId: network.Id,
      subnet: network.IPAM?.Config,
      leases: await leases(),
      namespace: await host.run('stat', ['-L', '-c', '%i', '/run/netns/drover']),
      resolver: await inside(alpha, 'shop-client-1', "grep -E '^(nameserver|search|options)' /etc/resolv.conf"),
    };
  }

  /** Read from a copy: the agent has the database locked. */
  async function leases() {
    const copy = join(alpha.host.dir, 'leases');
    await alpha.host.run('sh', ['-c', `rm -rf ${copy} && mkdir ${copy} && cp ${alpha.agent.dataDir}/ipam.db* ${copy}`]);
    const database = new DatabaseSync(join(copy, 'ipam.db'));
    try {
      return database.prepare('SELECT * FROM address ORDER BY 1, 2').all();
    } finally {
      database.close();
    }
  }

  test('without a lost query, with the same addresses and leases; its children are adopted, then replaced', async () => {
    const { agent, host } = alpha;
    const before = await standing();
    const children = (await agent.status()).processes.map(({ pid }) => pid);
    const asker = startSteadyAsker(host, 'web.shop', await pidOf(alpha, 'shop-client-1'));
    await asker.more(20);
    await agent.stop();
    await asker.more(10);
    await agent.upgrade();
    await poll(
      async () => (await agent.status()).processes.every(({ pid, serving }, at) => serving && pid !== children[at]),
      { what: 'both replaced', timeoutMs: 60_000 },
    );
    await asker.more(20);
    await asker.stop();
    expect(asker.bad.filter((line) => line.includes('dns'))).toEqual([]);
    // Metadata takes the port as soon as the process before it has released it (Q16).
    expect(asker.bad.filter((line) => line.includes('metadata')).length).toBeLessThanOrEqual(1);
    expect(agent.daemon.output().match(/"msg":"child adopted"/g)).toHaveLength(2);
    expect(before.leases).not.toEqual([]);
    expect(await standing()).toEqual(before);
    await untilAllWell(agent);
  });

  test('a container that starts afterwards gets an address of its own, is answered, and answers', async () => {
    await composeUp(alpha, 'shop', 'late', 1, { command: WEB_COMMAND });
    const page = await poll(() => inside(alpha, 'shop-client-1', 'wget -qO- http://late'), {
      what: 'the page of late',
    });
    expect(page).toContain('hello from late-1');
    const names = ['shop-web-1', 'shop-client-1', 'shop-late-1'];
    expect(new Set(await Promise.all(names.map((name) => addressOf(alpha, name)))).size).toBe(3);
  });
});

describe('a host of the previous version and one of this version on one Consul cluster', () => {
  const own = createResources();
  let older: Member;
  let newer: Member;

  beforeAll(async () => {
    const program = (name: string) => (name === 'older' ? previous : undefined);
    const world = await createWorld(own, { names: ['older', 'newer'], bus: 'consul', program });
    [older, newer] = world.members as [Member, Member];
    await composeUp(older, 'shop', 'left', 1, { command: WEB_COMMAND });
    await composeUp(newer, 'shop', 'right', 1, { command: WEB_COMMAND });
  });
  afterAll(() => own.close());

  test('each finds and reaches the services of the other, and lists both hosts', async () => {
    const page = (from: Member, container: string, name: string) =>
      poll(() => inside(from, container, `wget -qO- http://${name}`), { what: `${name} from ${container}` });
    expect(await page(older, 'shop-left-1', 'right')).toContain('hello from right-1');
    expect(await page(newer, 'shop-right-1', 'left')).toContain('hello from left-1');
    for (const { agent } of [older, newer]) {
      const hosts = JSON.parse((await agent.drover(['hosts', '--json'])).stdout) as readonly { name: string }[];
      expect(hosts.map(({ name }) => name)).toEqual(['newer', 'older']);
    }
  });

  test('neither has a problem with what the other publishes', async () => {
    const hasPublishedStatus = async () =>
      (await newer.agent.status()).parts.some(
        ({ name, lastAppliedAtMs }) => name === 'component status' && lastAppliedAtMs !== null,
      );
    await poll(hasPublishedStatus, { what: 'a fact of a kind that the older host does not know', timeoutMs: 20_000 });
    await untilAllWell(newer.agent);
    await poll(async () => (await older.agent.drover(['status'])).exitCode === 0, {
      what: 'a status without problems on the older host',
      timeoutMs: 30_000,
    });
    expect(await inside(older, 'shop-left-1', 'wget -qO- http://right')).toContain('hello from right-1');
  });
});
