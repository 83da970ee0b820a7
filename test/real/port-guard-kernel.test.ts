import { afterAll, beforeAll, expect, test } from 'vitest';
import { inside } from '../support/containers.ts';
import { createGuardedHost, type GuardedHost } from '../support/guarded-host.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { RESOLVER } from '../support/world.ts';

const resources = createResources();
let alpha: GuardedHost;

beforeAll(async () => {
  alpha = await createGuardedHost(resources, { dns: { kernelAnswers: 'auto' } });
  await alpha.run('victim');
  await alpha.run('thief', { CapAdd: ['NET_ADMIN'] });
  for (const name of ['victim', 'thief']) await alpha.untilKnown(name);
});
afterAll(() => resources.close());

async function metric(name: string): Promise<number> {
  const socket = `${alpha.agent.runDir}/control.sock`;
  const text = await alpha.host.run('curl', ['-s', '--unix-socket', socket, 'http://drover/metrics']);
  const line = text.split('\n').find((one) => one.startsWith(`drover_dns_${name} `));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** `seconds`: few only where no reply is expected. */
const lookUpFor = (seconds: number) =>
  `busybox timeout ${seconds} nslookup -type=a victim.rancher.internal ${RESOLVER} || true`;
const look = (container: string) => inside(alpha, container, lookUpFor(15));

test('Q25: the kernel answers a port only under the address of its container', async () => {
  const { ipv4 } = await alpha.stationOf('victim');
  for (const container of ['victim', 'thief']) {
    const before = await metric('kernel_answers_total');
    const outputs: string[] = [];
    await poll(
      async () => {
        outputs.push(await look(container));
        return (await metric('kernel_answers_total')) > before;
      },
      { what: `an answer of the kernel to ${container}`, timeoutMs: 20_000 },
    );
    for (const output of outputs) expect(output).toContain(ipv4);
  }

  const [dropped, foreign] = [await alpha.drops(), await metric('kernel_passed_total{reason="foreign"}')];
  const gateway = alpha.router.ipv4;
  const route = `route add ${RESOLVER} via ${gateway} src ${ipv4}`;
  const lie = await inside(alpha, 'thief', `ip addr add ${ipv4}/32 dev eth0 && ip ${route}; ${lookUpFor(2)}`);
  expect(lie).not.toContain('Name:');
  const reason = 'spoofed address';
  expect((await alpha.drops())[reason]).toBeGreaterThan(dropped[reason] ?? 0);
  await poll(async () => (await metric('kernel_passed_total{reason="foreign"}')) > foreign, {
    what: 'the passed query in the metrics',
  });

  await inside(alpha, 'thief', `ip ${route.replace('add', 'del')}; ip addr del ${ipv4}/32 dev eth0`);
  for (const container of ['victim', 'thief']) expect(await look(container)).toContain(ipv4);
});
