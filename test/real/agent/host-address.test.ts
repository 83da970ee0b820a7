import { afterAll, beforeAll, expect, test } from 'vitest';
import { readUplinkAddresses } from '../../../agent/host/host-address.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';

const resources = createResources();
let host: TestHost;

beforeAll(async () => {
  host = await createTestHost(resources, 'uplinks');
});
afterAll(() => resources.close());

const ip = (...lines: readonly string[]) => host.run('ip', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
const ip6 = (...args: readonly string[]) => host.run('ip', ['-6', ...args]);
const found = async () => {
  const addresses = await readUplinkAddresses((file, args = [], options) => host.run(file, args, options));
  return addresses.map(({ address, network, device, mtu }) => `${address} ${network.text} ${device} ${mtu}`);
};

test('a host without uplinks has no address', async () => {
  expect(await found()).toEqual([]);
});

test('Q39 a host with IPv6 only has the address of its uplink', async () => {
  await ip('link add eth0 mtu 1480 type veth peer name far0', 'link set eth0 up', 'link set far0 up');
  await ip6('address', 'add', 'fd00:1::5/64', 'dev', 'eth0', 'nodad');
  expect(await found()).toEqual(['fd00:1::5 fd00:1::/64 eth0 1480']);
});

test('Q39 the address of the default route is the first one, IPv4 before IPv6; none of bridges, tunnels and containers', async () => {
  await ip(
    'link add eth1 mtu 9000 type veth peer name far1',
    'link set eth1 up',
    'link set far1 up',
    'address add 10.1.0.5/24 dev eth1',
    'address add 10.1.0.6/24 dev eth1',
    'address add 192.0.2.5/24 dev eth0',
    'route add default via 10.1.0.1 dev eth1 src 10.1.0.6',
    'link add docker0 type bridge',
    'link set docker0 up',
    'address add 172.17.0.1/16 dev docker0',
    'link add custom type bridge',
    'link set custom up',
    'address add 172.18.0.1/16 dev custom',
    'link add vethab type veth peer name inner',
    'link set vethab up master custom',
    'link add overlay type vxlan id 7 dstport 4799 dev eth1',
    'link set overlay up',
    'address add 10.99.0.1/24 dev overlay',
  );
  expect(await found()).toEqual([
    '10.1.0.6 10.1.0.0/24 eth1 9000',
    '10.1.0.5 10.1.0.0/24 eth1 9000',
    '192.0.2.5 192.0.2.0/24 eth0 1480',
    'fd00:1::5 fd00:1::/64 eth0 1480',
  ]);
});

test('Q39 a bridge that has the network card, and a VPN that has the default route, are uplinks', async () => {
  await ip(
    'link add br0 type bridge',
    'link set br0 up',
    'link set eth0 master br0',
    'address del 192.0.2.5/24 dev eth0',
    'address add 192.0.2.5/24 dev br0',
    'route replace default dev overlay',
  );
  expect((await found()).slice(0, 4)).toEqual([
    '10.99.0.1 10.99.0.0/24 overlay 8950',
    '10.1.0.5 10.1.0.0/24 eth1 9000',
    '10.1.0.6 10.1.0.0/24 eth1 9000',
    '192.0.2.5 192.0.2.0/24 br0 1480',
  ]);
});
