import { afterAll, beforeAll, expect, test } from 'vitest';
import { createVxlan, type DesiredTunnels } from '../../../overlay/index.ts';
import { settle } from '../../support/overlay/container-host.ts';
import { type TunnelHost, withSubnet } from '../../support/overlay/tunnel-host.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost } from '../../support/test-host.ts';

// Obstacles to the VXLAN device. The contract suite tests the rest.

const resources = createResources();
const { signal } = new AbortController();
let host: TunnelHost;
let desired: DesiredTunnels;

beforeAll(async () => {
  host = await withSubnet(await createTestHost(resources, 'vx-a'), 1, '192.0.2.1');
  const b = {
    hostId: 'b',
    address: '192.0.2.2',
    port: 4789,
    publicKey: null,
    subnets: ['10.42.2.0/24'],
    isSilent: false,
  };
  desired = { own: host.own, peers: [b] };
});
afterAll(() => resources.close());

/** One pass of a new driver, in which changes may fail; then what is still wrong. */
async function pass(): Promise<readonly string[]> {
  const { applier } = createVxlan({ run: host.run });
  for (const change of applier.plan(desired, await applier.observe(desired, signal)).changes)
    await applier.apply(change, signal).catch(() => {});
  const { problems } = applier.plan(desired, await applier.observe(desired, signal));
  return problems.map(({ subject, what }) => `${subject}: ${what}`);
}

test('Q37: another VXLAN device with the same number and port is named and kept', async () => {
  await host.run('ip', ['link', 'add', 'foreign', 'type', 'vxlan', 'id', '1042', 'dstport', '4789']);
  expect(await pass()).toEqual([
    'device drover-vx: cannot be made: the VXLAN device foreign has the same VNI 1042 and UDP port 4789',
  ]);
  await host.run('ip', ['link', 'delete', 'foreign']);
});

test.each([
  ['bridge', [], 'it is a bridge'],
  ['vxlan', ['id', '7', 'dstport', '4789'], 'it is a vxlan with VNI 7, not 1042'],
])('Q37: a %s with the name of the device is named and kept', async (kind, options, what) => {
  await host.run('ip', ['link', 'add', 'drover-vx', 'type', kind, ...options]);
  expect(await pass()).toEqual([`device drover-vx: exists and was not made by Drover: ${what}`]);
  await createVxlan({ run: host.run }).remove();
  await host.run('ip', ['link', 'delete', 'drover-vx']);
});

test('Q37: a program that has the UDP port is reported, and the device starts when the port is free', async () => {
  const listen = "require('node:dgram').createSocket('udp4').bind(4789, () => console.log('ready'))";
  const program = host.start(process.execPath, ['-e', listen]);
  await poll(() => program.stdout().includes('ready'), { what: 'the program', giveUp: program.assertRunning });
  expect(await pass()).toEqual([
    'device drover-vx: is down: somebody has stopped it, or another program has UDP port 4789',
  ]);
  await program.stop();
  await settle(createVxlan({ run: host.run }).applier, desired);
});
