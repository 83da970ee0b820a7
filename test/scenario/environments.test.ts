import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeUp, inside, WEB_COMMAND } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

const resources = createResources();
let blue: Member;
let green: Member;

beforeAll(async () => {
  const { members } = await createWorld(resources, {
    names: ['blue', 'green'],
    bus: 'consul',
    config: (name) => ({ environment: name }),
  });
  [blue, green] = members as [Member, Member];
  await composeUp(blue, 'shop', 'web', 1, { command: WEB_COMMAND });
  await composeUp(blue, 'shop', 'client', 1);
  await composeUp(green, 'shop', 'client', 1);
});
afterAll(() => resources.close());

test('Q27: hosts, names and addresses of one environment are invisible to another on the same Consul', async () => {
  await poll(() => inside(blue, 'shop-client-1', 'wget -qO- http://web.shop'), {
    what: 'web.shop in its own environment',
  });
  await expect(inside(green, 'shop-client-1', 'nslookup -type=a web.shop')).rejects.toThrow(/NXDOMAIN|exit code/);
  const containers = () => inside(green, 'shop-client-1', 'wget -qO- http://rancher-metadata/latest/containers');
  await poll(async () => (await containers()).includes('shop-client-1'), { what: 'its own container' });
  expect(await containers()).toBe('0=shop-client-1\n');
  const { stdout } = await green.agent.drover(['hosts', '--json']);
  expect(stdout).toContain('green');
  expect(stdout).not.toContain('blue');
});
