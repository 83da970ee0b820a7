import { afterAll, beforeAll, expect, test } from 'vitest';
import { answersOf, composeUp, inside, lookUp } from '../support/containers.ts';
import { DOCKER, DROVER } from '../support/docker-names/compare-names.ts';
import { runWorlds } from '../support/docker-names/run-worlds.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

/** Drover is the only resolver in resolv.conf, so it has to know every name of Docker's own resolver. */
const NETWORK = 'shop_net';
const resources = createResources();
let alpha: Member;

beforeAll(async () => {
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
  alpha = members[0] as Member;
});
afterAll(() => resources.close());

test("in random worlds, Drover answers every name as Docker's own resolver does in the same container", async () => {
  let answered = 0;
  for await (const [seed, comparison] of runWorlds(alpha, [1000, 1002, 1003])) {
    expect(comparison.differences, `seed ${seed}`).toEqual([]);
    answered += comparison.answered;
  }
  expect(answered).toBeGreaterThan(100);
});

test('a program finds a container by each of these names through its resolv.conf, and only on a common network', async () => {
  await alpha.engine.docker.createNetwork({ Name: NETWORK });
  const id = await composeUp(alpha, 'shop', 'web', 1, {
    network: NETWORK,
    create: { NetworkingConfig: { EndpointsConfig: { [NETWORK]: { Aliases: ['web', 'store', 'api.shop.example'] } } } },
  });
  await composeUp(alpha, 'shop', 'app', 1, { network: NETWORK });
  await composeUp(alpha, 'other', 'app', 1, { network: 'bridge' });
  const { NetworkSettings } = await alpha.engine.docker.getContainer(id).inspect();
  const address = NetworkSettings.Networks[NETWORK]?.IPAddress;
  const names = ['web', 'store', 'api.shop.example', 'web-1', 'shop-web-1.shop_net', 'web.shop_net', id.slice(0, 12)];
  for (const name of names) {
    const seen = async () => answersOf(await lookUp(alpha, 'shop-app-1', name)).join();
    await poll(async () => (await seen()) === address, { what: name });
  }
  const own = async () => answersOf(await lookUp(alpha, 'other-app-1', 'other-app-1')).length;
  await poll(async () => (await own()) > 0, { what: 'other-app-1' });
  expect(answersOf(await lookUp(alpha, 'other-app-1', 'store'))).toEqual([]);
  // A container that shares the network of another one asks as that one, and Docker has no name for it.
  await composeUp(alpha, 'shop', 'side', 1, { network: 'container:shop-app-1' });
  expect(answersOf(await lookUp(alpha, 'shop-side-1', 'store'))).toEqual([address]);
  const ask = (name: string, resolver: string) =>
    inside(alpha, 'shop-app-1', `nslookup -type=a ${name} ${resolver} 2>&1 || true`);
  for (const resolver of [DOCKER, DROVER]) {
    expect(answersOf(await ask('store.shop_net', resolver))).toEqual([address]);
    expect(answersOf(await ask('side.shop_net', resolver))).toEqual([]);
    expect(answersOf(await ask('shop-side-1.shop_net', resolver))).toEqual([]);
  }
});

test('services of a stack with a long name find each other, and the short id stands for a long container name', async () => {
  const project = 'ci-feature-1234-rework-the-checkout-of-guests-without-an-account';
  const service = 'frontend-of-the-shop-for-guests';
  expect(project.length).toBeGreaterThan(63);
  await alpha.engine.docker.createNetwork({ Name: 'ci' });
  const create = { ExposedPorts: { '8080/tcp': {} } };
  for (const number of [1, 2]) await composeUp(alpha, project, service, number, { network: 'ci', create });
  await composeUp(alpha, project, 'app', 1, { network: 'ci' });
  const client = `${project}-app-1`;
  const seen = async () => answersOf(await lookUp(alpha, client, service)).length;
  await poll(async () => (await seen()) === 2, { what: service });
  const containers = await Promise.all(
    [1, 2].map((number) => alpha.engine.docker.getContainer(`${project}-${service}-${number}`).inspect()),
  );
  const shortIds = containers.map(({ Id }) => `${Id.slice(0, 12)}.rancher.internal`).sort();
  const records = await inside(alpha, client, `nslookup -type=srv _8080._tcp.${service}. || true`);
  expect([...records.matchAll(/8080 (\S+)/g)].map((match) => match[1]).sort()).toEqual(shortIds);
  const address = containers[0]?.NetworkSettings.Networks.ci?.IPAddress ?? '';
  expect(await inside(alpha, client, `nslookup -type=ptr ${address}`)).toContain(
    `name = ${shortIds.find((name) => name.startsWith(containers[0]?.Id.slice(0, 12) ?? '-'))}`,
  );
  expect(answersOf(await lookUp(alpha, client, shortIds[0] ?? ''))).toHaveLength(1);
});
