import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exploreLines } from '../../demo/explore.ts';
import { composeStack } from '../support/compose.ts';
import { answersOf, inside, lookUp } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

/**
 * Ordinary Compose files, started with Docker Compose: services on networks of their own, where Docker's resolver at 127.0.0.11 would
 * answer the alias `web` itself, with every container, healthy or not.
 */
const resources = createResources();
let alpha: Member;

const SHOP = `
name: shop
services:
  web:
    image: drover-busybox
    init: true
    command: [sh, -c, touch /tmp/ok; sleep 1000000]
    healthcheck: { test: [CMD, test, -e, /tmp/ok], interval: 1s, timeout: 1s, retries: 1 }
    scale: 2
  app: { image: drover-busybox, init: true }
`;

const SITE = `
name: site
services:
  proxy:
    image: drover-busybox
    init: true
    command: [sh, -c, echo hello from proxy > /www/index.html && httpd -f -h /www]
    networks: [front, back]
  front: { image: drover-busybox, init: true, networks: [front] }
  back: { image: drover-busybox, init: true, networks: [back] }
networks:
  front: { name: aa_front }
  back: { name: zz_back }
`;

async function addressIn(container: string): Promise<string> {
  const { NetworkSettings } = await alpha.engine.docker.getContainer(container).inspect();
  return NetworkSettings.Networks.shop_default?.IPAddress ?? '';
}

/** What libc would see: the search list of resolv.conf, then each server-side rule. */
const webSeenByApp = async () => answersOf(await lookUp(alpha, 'shop-app-1', 'web')).toSorted();

beforeAll(async () => {
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
  alpha = members[0] as Member;
  await composeStack(alpha, 'shop', SHOP);
});
afterAll(() => resources.close());

test('Q5: an unhealthy endpoint of a compose service is left out, though Docker would still answer it', async () => {
  const both = [await addressIn('shop-web-1'), await addressIn('shop-web-2')].toSorted();
  await poll(async () => (await webSeenByApp()).join() === both.join(), { what: 'both endpoints of web once healthy' });

  await inside(alpha, 'shop-web-2', 'rm /tmp/ok');
  const left = [await addressIn('shop-web-1')];
  await poll(async () => (await webSeenByApp()).join() === left.join(), { what: 'the unhealthy endpoint left out' });

  const resolvConf = await inside(alpha, 'shop-app-1', 'cat /etc/resolv.conf');
  expect(resolvConf).toContain('nameserver 169.254.169.250');
  expect(resolvConf).not.toContain('127.0.0.11');
});

test('a restarted container gets the resolver again, and status reports no problem', async () => {
  await alpha.engine.docker.getContainer('shop-app-1').restart({ t: 0 });
  const resolvConf = () => inside(alpha, 'shop-app-1', 'cat /etc/resolv.conf');
  await poll(async () => !(await resolvConf()).includes('127.0.0.11'), { what: 'our resolver after the restart' });
  const status = async () => (await alpha.agent.drover(['status'])).stdout;
  await poll(async () => !/shop-app-1.*(lacks|beside)/.test(await status()), { what: 'no problem in the status' });
});

test('Q12: the answer is on the network that the client shares, because Docker isolates its bridges', async () => {
  await composeStack(alpha, 'site', SITE);
  const { Networks } = (await alpha.engine.docker.getContainer('site-proxy-1').inspect()).NetworkSettings;
  for (const [asker, network] of [
    ['front', 'aa_front'],
    ['back', 'zz_back'],
  ] as const) {
    const seen = async () => answersOf(await lookUp(alpha, `site-${asker}-1`, 'proxy')).join();
    await poll(async () => (await seen()) === Networks[network]?.IPAddress, { what: `proxy as ${asker} reaches it` });
    // A name is answered before the program in the container listens.
    const page = await poll(() => inside(alpha, `site-${asker}-1`, 'wget -qO- http://proxy'), { what: 'its page' });
    expect(page).toContain('hello from proxy');
  }
});

test('the command lines that the demo prints work in a shell, from any directory', async () => {
  const [status, containers] = await Promise.all(
    exploreLines(alpha).map((line) => execa('sh', ['-c', line], { cwd: '/' })),
  );
  expect(status?.stdout).toMatch(/^host +alpha /);
  expect(containers?.stdout).toContain('shop-web-1');
});
