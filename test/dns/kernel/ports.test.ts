import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listPorts } from '../../../dns/kernel/ports.ts';
import { formatPortBindings, type PortBindings } from '../../../model/index.ts';

const LINKS = JSON.stringify([
  { ifindex: 7, ifname: 'veth1', master: 'drover1' },
  { ifindex: 8, ifname: 'veth2', master: 'drover1' },
  { ifindex: 9, ifname: 'veth3', master: 'docker0' },
  { ifindex: 10, ifname: 'veth4' },
  null,
]);
const binding = (port: string, index: number) => ({ port, index, ipv4: `10.42.1.${index}`, mac: '02:42:0a:2a:01:02' });

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'drover-ports-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

async function portsWith(file: string | null, namespace: string | null = null, links = LINKS) {
  const bindingsFile = join(dir, 'port-bindings.json');
  if (file !== null) await writeFile(bindingsFile, file);
  const lines: string[] = [];
  const run = async (command: string, args: readonly string[]) => {
    lines.push([command, ...args].join(' '));
    return links;
  };
  const ports = await listPorts(run, { bridge: 'drover1', namespace, bindingsFile });
  return { ...ports, lines };
}

const boundWith = async (bindings: PortBindings) => (await portsWith(formatPortBindings(bindings))).bound;

test('a port is bound to the address that the port guard publishes for a device of this name and index', async () => {
  const bindings = [binding('veth1', 7), binding('veth2', 9), binding('veth3', 9), binding('gone', 8)];
  const { devices, bound } = await portsWith(formatPortBindings(bindings));
  expect(devices).toEqual(new Set([7, 8]));
  expect(bound).toEqual([{ device: 7, ipv4: '10.42.1.7', mac: '02:42:0a:2a:01:02' }]);
});

test('no port is bound before the port guard publishes; every port is free while the guard is switched off', async () => {
  expect((await portsWith(null)).bound).toEqual([]);
  expect((await portsWith('{"version":2,"guard":"off","bindings":[]}')).bound).toEqual([]);
  expect(await boundWith([])).toEqual([]);
  expect(await boundWith('off')).toBeNull();
});

test('the devices are listed in the namespace of the bridge; a list that cannot be read is an error', async () => {
  const { lines } = await portsWith(null, '/proc/1/ns/net');
  expect(lines).toEqual(['nsenter --net=/proc/1/ns/net ip -json link show type veth']);
  expect((await portsWith(null)).lines).toEqual(['ip -json link show type veth']);
  await expect(portsWith(null, null, '{}')).rejects.toThrow('did not print a list');
});
