import { expect, test } from 'vitest';
import { listPorts } from '../../../dns/kernel/ports.ts';
import { CommandError, type RunCommand } from '../../../system/index.ts';

const LINKS = JSON.stringify([
  { ifindex: 7, ifname: 'veth1', master: 'drover1' },
  { ifindex: 8, ifname: 'veth2', master: 'drover1' },
  { ifindex: 9, ifname: 'veth3', master: 'docker0' },
  { ifindex: 10, ifname: 'veth4' },
  null,
]);
const set = (name: string, ...elem: unknown[]) => ({ set: { family: 'bridge', name, table: 'guard', elem } });
const pair = (port: string, value: string) => ({ concat: [port, value] });
const TABLE = JSON.stringify({
  nftables: [
    { metainfo: { json_schema_version: 1 } },
    { table: { family: 'bridge', name: 'guard' } },
    set('known', 'veth1', 'veth2'),
    set('macs', pair('veth1', '02:42:0a:2a:01:02'), pair('veth3', '02:42:0a:2a:01:04')),
    set('addresses', pair('veth1', '10.42.1.2'), pair('veth2', '10.42.1.3'), pair('veth3', '10.42.1.4'), 'nonsense'),
  ],
});

const options = { bridge: 'drover1', namespace: null, guardTable: 'guard' };

function running(nft: () => string): { readonly run: RunCommand; readonly lines: string[] } {
  const lines: string[] = [];
  const run: RunCommand = async (file, args) => {
    lines.push([file, ...args].join(' '));
    return args.includes('link') ? LINKS : nft();
  };
  return { run, lines };
}

function failing(stderr: string): () => string {
  return () => {
    throw new CommandError(stderr, 1, stderr, undefined);
  };
}

test('a port may ask under the addresses that the guard gives it, and only where it has a MAC address for it', async () => {
  const { run } = running(() => TABLE);
  expect(await listPorts(run, options)).toEqual({
    devices: new Set([7, 8]),
    bound: [{ device: 7, ipv4: '10.42.1.2', mac: '02:42:0a:2a:01:02' }],
  });
});

test('a table with nothing in it yet lets nobody ask; without a table, and where none is wanted, anybody may', async () => {
  const empty = JSON.stringify({ nftables: [{ set: { name: 'addresses' } }, { set: { name: 'macs' } }] });
  expect((await listPorts(running(() => empty).run, options)).bound).toEqual([]);
  const missing = running(failing('Error: No such file or directory'));
  expect((await listPorts(missing.run, options)).bound).toBeNull();
  const unasked = running(() => TABLE);
  expect((await listPorts(unasked.run, { ...options, guardTable: null })).bound).toBeNull();
  expect(unasked.lines).toEqual(['ip -json link show type veth']);
});

test('is asked in the namespace of the bridge; what else goes wrong is told', async () => {
  const { run, lines } = running(() => TABLE);
  await listPorts(run, { ...options, namespace: '/proc/1/ns/net' });
  expect(lines).toEqual([
    'nsenter --net=/proc/1/ns/net ip -json link show type veth',
    'nsenter --net=/proc/1/ns/net nft --json list table bridge guard',
  ]);
  await expect(listPorts(running(failing('Operation not permitted')).run, options)).rejects.toThrow('not permitted');
  await expect(listPorts(running(() => '{}').run, options)).rejects.toThrow('nft: the table is no list');
});
