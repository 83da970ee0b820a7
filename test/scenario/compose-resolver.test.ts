import { afterAll, beforeAll, expect, test } from 'vitest';
import { answersOf, composeUp, inside, lookUp, WEB_COMMAND } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

/**
 * An ordinary compose file: two services on a network of their own, where Docker's resolver at 127.0.0.11 would answer
 * the alias `web` itself, with every container, healthy or not.
 */
const resources = createResources();
let alpha: Member;
const SECOND = 1_000_000_000;

async function up(service: string, number: number, check = false): Promise<string> {
  return composeUp(alpha, 'shop', service, number, {
    network: 'shop_default',
    ...(check ? { command: ['sh', '-c', 'touch /tmp/ok; sleep 1000000'] } : {}),
    create: {
      NetworkingConfig: { EndpointsConfig: { shop_default: { Aliases: [service] } } },
      ...(check
        ? { Healthcheck: { Test: ['CMD', 'test', '-e', '/tmp/ok'], Interval: SECOND, Timeout: SECOND, Retries: 1 } }
        : {}),
    },
  });
}

async function addressIn(id: string): Promise<string> {
  const { NetworkSettings } = await alpha.engine.docker.getContainer(id).inspect();
  return NetworkSettings.Networks.shop_default?.IPAddress ?? '';
}

/** What libc would see: the search list of resolv.conf, then each server-side rule. */
const webSeenByApp = async () => answersOf(await lookUp(alpha, 'shop-app-1', 'web')).toSorted();

beforeAll(async () => {
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
  alpha = members[0] as Member;
  await alpha.engine.docker.createNetwork({ Name: 'shop_default' });
}, 120_000);
afterAll(() => resources.close());

test('Q5: an unhealthy endpoint of a compose service is left out, though Docker would still answer it', async () => {
  const [first, second] = [await up('web', 1, true), await up('web', 2, true)];
  await up('app', 1);
  const both = [await addressIn(first), await addressIn(second)].toSorted();
  await poll(async () => (await webSeenByApp()).join() === both.join(), { what: 'both endpoints of web once healthy' });

  await inside(alpha, 'shop-web-2', 'rm /tmp/ok');
  const left = [await addressIn(first)];
  await poll(async () => (await webSeenByApp()).join() === left.join(), { what: 'the unhealthy endpoint left out' });

  const resolvConf = await inside(alpha, 'shop-app-1', 'cat /etc/resolv.conf');
  expect(resolvConf).toContain('nameserver 169.254.169.250');
  expect(resolvConf).not.toContain('127.0.0.11');
});

test('a restarted container gets the resolver again, and status reports no problem', async () => {
  await alpha.engine.docker.getContainer('shop-app-1').restart({ t: 0 });
  const resolvConf = () => inside(alpha, 'shop-app-1', 'cat /etc/resolv.conf');
  await poll(async () => !(await resolvConf()).includes('127.0.0.11'), { what: 'our resolver after the restart' });
  const { stdout } = await alpha.agent.drover(['status']);
  expect(stdout).not.toMatch(/shop-app-1.*(lacks|beside)/);
});

test('Q12: the answer is on the network that the client shares, because Docker isolates its bridges', async () => {
  for (const Name of ['aa_front', 'zz_back']) await alpha.engine.docker.createNetwork({ Name });
  const id = await composeUp(alpha, 'site', 'proxy', 1, { network: 'aa_front', command: WEB_COMMAND });
  await alpha.engine.docker.getNetwork('zz_back').connect({ Container: id });
  await composeUp(alpha, 'site', 'front', 1, { network: 'aa_front' });
  await composeUp(alpha, 'site', 'back', 1, { network: 'zz_back' });
  const { Networks } = (await alpha.engine.docker.getContainer(id).inspect()).NetworkSettings;
  for (const [asker, network] of [
    ['front', 'aa_front'],
    ['back', 'zz_back'],
  ] as const) {
    const seen = async () => answersOf(await lookUp(alpha, `site-${asker}-1`, 'proxy')).join();
    await poll(async () => (await seen()) === Networks[network]?.IPAddress, { what: `proxy as ${asker} reaches it` });
    expect(await inside(alpha, `site-${asker}-1`, 'wget -qO- http://proxy')).toContain('hello from proxy-1');
  }
});
