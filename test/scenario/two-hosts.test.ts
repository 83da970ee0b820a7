import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ConsulCluster, ConsulServer } from '../support/consul.ts';
import { addressOf, composeUp, inside, lookUp, pidOf, WEB_COMMAND } from '../support/containers.ts';
import { watchName } from '../support/name-watch.ts';
import { percentile } from '../support/percentile.ts';
import { poll } from '../support/poll.ts';
import { measurePropagation } from '../support/propagation.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member, RESOLVER } from '../support/world.ts';

/** `npm test` asserts ten times the target; `npm run bench -- propagation` prints the real figure. */
const SLACK = 10;

const resources = createResources();
let alpha: Member;
let beta: Member;
let consul: ConsulCluster;

beforeAll(async () => {
  const world = await createWorld(resources, { names: ['alpha', 'beta'], bus: 'consul' });
  [alpha, beta] = world.members as [Member, Member];
  consul = world.consul as ConsulCluster;
  await composeUp(alpha, 'shop', 'web', 1, { command: WEB_COMMAND });
  await composeUp(beta, 'shop', 'client', 1);
});
afterAll(() => resources.close());

describe('two hosts at the default bridge range, one Consul cluster', () => {
  test('Q12 Q26: a container resolves and reaches a service on the other host, and keeps its source address', async () => {
    const page = await poll(() => inside(beta, 'shop-client-1', 'wget -qO- http://web'), {
      what: 'the page of web on alpha',
    });
    expect(page).toContain('hello from web-1');
    // Docker writes what a container prints to its log a moment later.
    const web = alpha.engine.docker.getContainer('shop-web-1');
    const seen = `${await addressOf(beta, 'shop-client-1')}]:`;
    await poll(async () => (await web.logs({ stdout: true, stderr: true })).toString().includes(seen), {
      what: `${seen} in the log of web`,
    });
  });

  test('Q12: metadata on one host lists the containers of the other', async () => {
    const list = await poll(
      async () => {
        const text = await inside(beta, 'shop-client-1', 'wget -qO- http://rancher-metadata/latest/containers');
        return text.includes('shop-web-1') && text;
      },
      { what: 'shop-web-1 in the metadata of beta' },
    );
    expect(list).toMatch(/=shop-client-1\n/);
    const host = await inside(beta, 'shop-client-1', 'wget -qO- http://rancher-metadata/latest/self/host/name');
    expect(host).toBe('beta');
  });

  test('Q1, Q15: DNS on the other host follows a start and a death in time', async () => {
    const watch = watchName(resources, await pidOf(beta, 'shop-client-1'), { server: RESOLVER, name: 'web.shop' });
    await watch.until('the first answer', ({ addresses }) => addresses.length > 0);
    const { startToAnswered, dieToGone } = await measurePropagation(alpha, watch, 12);
    await watch.stop();
    expect(percentile(startToAnswered, 0.5)).toBeLessThan(30 * SLACK);
    expect(percentile(startToAnswered, 0.99)).toBeLessThan(150 * SLACK);
    expect(percentile(dieToGone, 0.5)).toBeLessThan(50 * SLACK);
  });

  test('Q2: with every Consul server stopped, names of both hosts are answered, and new local containers appear', async () => {
    for (const server of consul.servers) server.pause();
    try {
      const id = await composeUp(beta, 'shop', 'late', 1);
      const late = await addressOf(beta, id);
      await poll(async () => (await lookUp(beta, 'shop-client-1', 'late')).includes(late), {
        what: 'late.shop without Consul',
      });
      expect(await inside(beta, 'shop-client-1', 'wget -qO- http://web')).toContain('hello from web-1');
    } finally {
      for (const server of consul.servers) server.resume();
    }
  });

  test('Q2: the agents switch to another Consul server when theirs is killed', async () => {
    const theirs = consul.servers[0] as ConsulServer;
    await theirs.kill();
    try {
      const more = await addressOf(alpha, await composeUp(alpha, 'shop', 'more', 1));
      const seen = async () => (await lookUp(beta, 'shop-client-1', 'more')).includes(more);
      await poll(seen, { what: 'more.shop by way of another server', timeoutMs: 40_000, intervalMs: 100 });
    } finally {
      theirs.start();
    }
  });
});
