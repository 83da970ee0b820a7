import { afterAll, beforeAll, expect, test } from 'vitest';
import { nameserversIn } from '../../resolv-conf/index.ts';
import { composeUp, inside } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member, RESOLVER } from '../support/world.ts';

/** Containers that keep another resolver than Drover: of their own, or because no packet of theirs arrives at the service address. */
const resources = createResources();
/** VPN clients put the resolver at the far end of their tunnel into resolv.conf. */
const TUNNEL = 'nameserver 10.8.0.1\nsearch corp.example\n';
let alpha: Member;

beforeAll(async () => {
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded' });
  alpha = members[0] as Member;
  const { docker } = alpha.engine;
  await docker.createNetwork({ Name: 'app' });
  // The kernel lets no packet pass between a host and its macvlan containers.
  await docker.createNetwork({
    Name: 'lan',
    Driver: 'macvlan',
    Options: { parent: 'uplink' },
    IPAM: { Config: [{ Subnet: '192.0.2.0/24', Gateway: '192.0.2.254', IPRange: '192.0.2.64/27' }] },
  });
  await composeUp(alpha, 'vpn', 'client', 1, { network: 'app' });
  await poll(async () => (await serversOf('vpn-client-1')) === RESOLVER, { what: 'our resolver' });
  const write = `printf '${TUNNEL.replaceAll('\n', '\\n')}' > /etc/resolv.conf`;
  await inside(alpha, 'vpn-client-1', write);
  for (const number of [1, 2]) await composeUp(alpha, 'lan', 'box', number, { network: 'lan' });
});
afterAll(() => resources.close());

const fileOf = (name: string) => inside(alpha, name, 'cat /etc/resolv.conf');
const serversOf = async (name: string) => nameserversIn(await fileOf(name)).join();
const hasServers = (name: string, servers: string) =>
  poll(async () => (await serversOf(name)) === servers, { what: `${servers} in ${name}`, timeoutMs: 20_000 });
const left = async () => (await alpha.agent.status()).resolvers.left.map(({ subject }) => subject.split(' ').at(-1));
const isLeft = (name: string) => poll(async () => (await left()).includes(name), { what: `${name} in the status` });
/** The status follows the file a moment later. */
const isNotLeft = (name: string) =>
  poll(async () => !(await left()).includes(name), { what: `${name} no longer in the status` });

test('Q14: a macvlan container keeps the resolver of Docker, finds its neighbours at once, and is named', async () => {
  expect(await inside(alpha, 'lan-box-1', 'ping -c 1 -w 15 lan-box-2')).toContain('1 packets received');
  await isLeft('lan-box-1');
  expect(await serversOf('lan-box-1')).toBe('127.0.0.11');
  expect((await alpha.agent.drover(['status'])).stdout).toMatch(
    /container \w+ lan-box-1: cannot reach 169\.254\.169\.250 from its networks \(lan\), and keeps Docker's resolver/,
  );
});

test('a bridge attached later leads to Drover, and the file follows; without it, the resolver of Docker is back', async () => {
  const app = alpha.engine.docker.getNetwork('app');
  await app.connect({ Container: 'lan-box-2' });
  await hasServers('lan-box-2', RESOLVER);
  expect(await poll(() => inside(alpha, 'lan-box-2', 'nslookup -type=a client.vpn'), { what: 'a name' })).toContain(
    'client.vpn',
  );
  await isNotLeft('lan-box-2');
  await app.disconnect({ Container: 'lan-box-2' });
  await hasServers('lan-box-2', '127.0.0.11');
  await isLeft('lan-box-2');
});

test('a container that was created without a network uses Drover once it joins one', async () => {
  const { docker } = alpha.engine;
  await composeUp(alpha, 'late', 'one', 1, { network: 'none' });
  await docker.getNetwork('none').disconnect({ Container: 'late-one-1' });
  await docker.getNetwork('app').connect({ Container: 'late-one-1' });
  await hasServers('late-one-1', RESOLVER);
});

test('agents that start anew change none of these files', async () => {
  const names = ['lan-box-1', 'lan-box-2', 'vpn-client-1', 'late-one-1'];
  const before = await Promise.all(names.map(fileOf));
  await alpha.agent.stop();
  await alpha.agent.start();
  for (const name of ['lan-box-1', 'lan-box-2', 'vpn-client-1']) await isLeft(name);
  expect(await Promise.all(names.map(fileOf))).toEqual(before);
});

test('what a VPN client wrote into its resolv.conf stays and is named, until the container restarts', async () => {
  expect(await fileOf('vpn-client-1')).toBe(TUNNEL);
  expect((await alpha.agent.drover(['status'])).stdout).toMatch(
    /vpn-client-1: a program in the container wrote its resolv\.conf, and Drover leaves it; it lists: 10\.8\.0\.1; label .*drover\.dns=false/,
  );
  await alpha.engine.docker.getContainer('vpn-client-1').restart({ t: 0 });
  await hasServers('vpn-client-1', RESOLVER);
  await isNotLeft('vpn-client-1');
});
