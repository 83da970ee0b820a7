import { afterAll, beforeAll, expect, test } from 'vitest';
import { composeUp, inside, lookUp } from '../support/containers.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createWorld, type Member } from '../support/world.ts';

const resources = createResources();
let alpha: Member;

beforeAll(async () => {
  const config = () => ({ dns: { kernelAnswers: 'auto' } });
  const { members } = await createWorld(resources, { names: ['alpha'], bus: 'embedded', config });
  alpha = members[0] as Member;
  for (const n of [1, 2]) await composeUp(alpha, 'shop', 'web', n, { network: 'drover' });
  await composeUp(alpha, 'shop', 'app', 1, { network: 'drover' });
});
afterAll(() => resources.close());

async function answered(): Promise<number> {
  const path = 'http://drover/metrics';
  const text = await alpha.host.run('curl', ['-s', '--unix-socket', `${alpha.agent.runDir}/control.sock`, path]);
  return Number(/^drover_dns_kernel_answers_total (\d+)$/m.exec(text)?.[1] ?? 0);
}

test('with dns.kernelAnswers the kernel answers containers on the bridge and follows changes', async () => {
  const look = () => lookUp(alpha, 'shop-app-1', 'web.shop');
  const addresses = async () => (await look()).match(/10\.42\.\d+\.\d+/g) ?? [];
  await poll(async () => (await addresses()).length === 2, { what: 'two addresses' });
  await poll(
    async () => {
      await look();
      return (await answered()) > 0;
    },
    { what: 'an answer of the kernel in the metrics', timeoutMs: 20_000 },
  );
  await alpha.engine.docker.getContainer('shop-web-2').stop({ t: 0 });
  await poll(async () => (await addresses()).length === 1, { what: 'one address' });
  expect(await inside(alpha, 'shop-app-1', 'nslookup -type=a no-such.shop.rancher.internal 2>&1 || true')).toMatch(
    /NXDOMAIN/,
  );
});

test('the kernel keeps answering while the agent restarts, also on new ports', async () => {
  await alpha.agent.stop('SIGKILL');
  expect(await lookUp(alpha, 'shop-app-1', 'web.shop')).toMatch(/10\.42\./);
  await alpha.agent.start();
  await composeUp(alpha, 'late', 'app', 1, { network: 'drover' });
  const before = await poll(answered, { what: 'the count' });
  await poll(
    async () => {
      await inside(alpha, 'late-app-1', 'nslookup -type=a web.shop || true');
      return (await answered()) > before;
    },
    { what: 'answers on the new port', timeoutMs: 20_000 },
  );
});
