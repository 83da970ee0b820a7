import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ContainerHost, ipBatch, withContainer } from '../../support/overlay/container-host.ts';
import { connectDirectly } from '../../support/overlay/tunnel-host.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost } from '../../support/test-host.ts';

// Containers on two hosts, connected by VXLAN over links of many sizes. All ICMP errors are lost, as on networks that drop them.

const BULK = fileURLToPath(new URL('../../support/overlay/bulk.ts', import.meta.url));
const OVERHEAD = 50;
const resources = createResources();
let a: ContainerHost;
let b: ContainerHost;

beforeAll(async () => {
  const [one, two] = [await createTestHost(resources, 'mt-a'), await createTestHost(resources, 'mt-b')];
  await connectDirectly(one, two);
  for (const [index, host] of [one, two].entries())
    await host.run('ip', ['address', 'add', `192.0.2.${index + 1}/24`, 'dev', 'uplink']);
  a = await withContainer(one, 1, '192.0.2.1');
  b = await withContainer(two, 2, '192.0.2.2');
  const noErrors =
    'table ip filter { chain output { type filter hook output priority 0; icmp type destination-unreachable drop; }; }';
  for (const host of [a, b]) await host.run('nft', ['-f', '-'], { input: noErrors });
  const { file, args } = b.inContainer(process.execPath, [BULK, 'serve', b.container, '80']);
  const server = b.start(file, args);
  await poll(() => server.stdout().includes('ready'), { what: 'the echo', giveUp: server.assertRunning });
});
afterAll(() => resources.close());

test.each([1280, 1400, 1420, 1450, 1500, 9000])(
  'Q11: 10 MB both ways and UDP of 8 kB pass an underlay of %i bytes',
  async (size) => {
    for (const host of [a, b]) {
      // As Docker makes the network: Ethernet as usual, or jumbo frames if all hosts have them.
      const inside = Math.max(1500, size - OVERHEAD);
      await ipBatch(host, [
        `link set uplink mtu ${size}`,
        `link set drover1 mtu ${inside}`,
        `link set port mtu ${inside}`,
      ]);
      await ipBatch(host, [`link set eth0 mtu ${inside}`], ['-n', 'container']);
    }
    await a.connect(b, size - OVERHEAD);
    await b.connect(a, size - OVERHEAD);
    const options = [BULK, 'exchange', b.container, '80', `${10 << 20}`, '8192'];
    const { file, args } = a.inContainer(process.execPath, options);
    expect(await a.run(file, args, { timeoutMs: 20_000 })).toBe(`${10 << 20} 8192`);
  },
);
