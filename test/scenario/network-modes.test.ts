import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { answersOf, composeUp, inside, lookUp } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member, RESOLVER } from '../support/world.ts';

/** What a container gets in each network mode. `web`: the addresses of a service on drover, front and inner. `identity`: whom the metadata service takes it for. */
const MATRIX = [
  { mode: 'default bridge', network: 'bridge', dns: true, web: null, metadata: true, identity: 'm-default-1' },
  { mode: 'user-defined bridge', network: 'front', dns: true, web: 'front', metadata: true, identity: 'm-user-1' },
  { mode: 'managed network', network: 'drover', dns: true, web: 'drover', metadata: true, identity: 'm-managed-1' },
  { mode: 'internal network', network: 'inner', dns: true, web: 'inner', metadata: true, identity: 'm-internal-1' },
  {
    mode: "another container's network",
    network: 'container:m-managed-1',
    dns: true,
    web: 'drover',
    metadata: true,
    identity: 'm-managed-1',
  },
  { mode: "the host's network", network: 'host', dns: true, web: 'drover', metadata: true, identity: null },
  { mode: 'no network', network: 'none', dns: false, web: null, metadata: false, identity: null },
] as const;
const SERVICES = ['default', 'user', 'managed', 'internal', 'joined', 'host', 'none'] as const;

const resources = createResources();
let alpha: Member;

beforeAll(async () => {
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
  alpha = members[0] as Member;
  await alpha.engine.docker.createNetwork({ Name: 'front' });
  await alpha.engine.docker.createNetwork({ Name: 'inner', Internal: true });
  await composeUp(alpha, 'shop', 'web', 1);
  for (const name of ['front', 'inner'])
    await alpha.engine.docker.getNetwork(name).connect({ Container: 'shop-web-1' });
  for (const [index, { network }] of MATRIX.entries())
    await composeUp(alpha, 'm', SERVICES[index] as string, 1, { network });
});
afterAll(() => resources.close());

describe.each(MATRIX.map((row, index) => ({ ...row, container: `m-${SERVICES[index]}-1` })))(
  'a container on $mode (Q12, Q14)',
  ({ container, dns, web, metadata, identity }) => {
    test(`${dns ? `resolves a service to ${web ? 'the address on a shared network' : 'nothing'}` : 'cannot query'}`, async () => {
      if (!dns)
        return void (await expect(inside(alpha, container, 'nslookup -type=a web.shop')).rejects.toThrow(/exit code/));
      const { NetworkSettings } = await alpha.engine.docker.getContainer('shop-web-1').inspect();
      const expected = web === null ? [] : [NetworkSettings.Networks[web]?.IPAddress];
      const found = async () => answersOf(await lookUp(alpha, container, 'web.shop'));
      await poll(async () => (await found()).join() === expected.join(), { what: `${expected} in ${container}` });
      expect(answersOf(await lookUp(alpha, container, 'rancher-metadata'))).toEqual([RESOLVER]);
    });

    test(`${metadata ? 'reads' : 'does not reach'} the metadata service`, async () => {
      const read = () => inside(alpha, container, `wget -qO- http://${RESOLVER}/latest/self/host/name`);
      if (!metadata) return void (await expect(read()).rejects.toThrow(/exit code/));
      expect(await read()).toBe('alpha');
    });

    test(`is identified as ${identity ?? 'no container'}`, async () => {
      const who = () => inside(alpha, container, `wget -qO- http://${RESOLVER}/latest/self/container/name`);
      if (identity === null) return void (await expect(who()).rejects.toThrow(/exit code/));
      expect(await poll(who, { what: `identity of ${container}` })).toBe(identity);
    });
  },
);
