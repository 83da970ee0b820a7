import { afterAll, beforeAll, expect, test } from 'vitest';
import { followKernel } from '../../linux/index.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createTestHost, type TestHost } from '../support/test-host.ts';

const resources = createResources();
const lines: string[] = [];
let host: TestHost;
let following: Promise<void>;
const stop = new AbortController();

beforeAll(async () => {
  host = await createTestHost(resources, 'events');
  const { file, args } = host.enter('env', []);
  following = followKernel((line) => lines.push(line), { signal: stop.signal, prefix: [file, ...args] });
  resources.add('monitors', () => {
    stop.abort();
    return following;
  });
  // The programs are ready when they report something.
  await poll(
    async () => {
      await host.run('sh', [
        '-c',
        'nft add table inet ready && nft delete table inet ready && ip link set lo down && ip link set lo up',
      ]);
      return lines.some((line) => line.includes('ready')) && lines.some((line) => line.includes(' lo: '));
    },
    { what: 'events', intervalMs: 50 },
  );
});
afterAll(() => resources.close());

test.each([
  ['a table of nftables', 'nft add table inet drover_overlay && nft flush ruleset', 'delete table inet drover_overlay'],
  ['a rule of iptables-nft', 'iptables -I FORWARD -s 192.0.2.1 -j ACCEPT', 'rule ip filter FORWARD ip saddr 192.0.2.1'],
  ['an address', 'ip address add 192.0.2.7/32 dev lo', 'inet 192.0.2.7/32'],
  ['a device', 'ip link add drover-vx type vxlan id 7 dstport 4789', 'drover-vx: <'],
  ['a forwarding entry', 'bridge fdb add 02:00:00:00:00:01 dev drover-vx dst 192.0.2.9', 'lladdr 02:00:00:00:00:01'],
  ['a setting of a device', 'sysctl -qw net.ipv4.conf.drover-vx.rp_filter=2', 'drover-vx rp_filter loose'],
  ['a route', 'ip route add blackhole 198.51.100.0/24 proto 250', 'blackhole 198.51.100.0/24'],
  ['a rule of the routing policy', 'ip rule add to 198.51.100.0/24 blackhole', 'from all to 198.51.100.0/24 blackhole'],
])('followKernel() reports a change of %s', async (_, command, text) => {
  await host.run('sh', ['-c', command]);
  await poll(() => lines.some((line) => line.includes(text)), { what: text });
});

test('followKernel() rejects when one of the programs ends, and stops the other one', async () => {
  const { file, args } = host.enter('env', ['PATH=/nowhere']);
  const failing = followKernel(() => {}, { signal: new AbortController().signal, prefix: [file, ...args] });
  await expect(failing).rejects.toThrow();
});
