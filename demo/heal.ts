import type { HealthRow } from '../agent/index.ts';
import { compose } from '../test/support/compose.ts';
import { addressOf, inside, pidOf } from '../test/support/containers.ts';
import { watchName } from '../test/support/name-watch.ts';
import { poll } from '../test/support/poll.ts';
import type { Resources } from '../test/support/resources.ts';
import type { Member } from '../test/support/world.ts';
import type { Screen } from './screen.ts';

const SERVER = '169.254.169.250';
const STACK = 'demo/stacks/bank.yml';
const NAME = 'bank-api-1';

/** Health checks: a container that fails its check leaves the answers, is recreated, and comes back. */
export async function showRecreation(screen: Screen, resources: Resources, host: Member): Promise<void> {
  screen.part('Health checks');
  const idOf = async () => (await host.engine.docker.getContainer(NAME).inspect()).Id;
  // The full name: before the stack exists, the short one would be asked upstream.
  const watch = watchName(resources, await pidOf(host, 'shop-cart-1'), {
    server: SERVER,
    name: 'api.bank.rancher.internal',
  });
  await screen.step('stack bank (api ×2) is answered as soon as its checks pass', async () => {
    await compose(host, STACK, 'up', '--detach');
    screen.shown(`docker compose -f ${STACK} up --detach`, '');
    await watch.until('both', ({ addresses }) => addresses.length === 2);
    await poll(async () => (await rowsOf(host)).filter(({ health }) => health === 'healthy').length === 2, {
      what: 'both healthy',
    });
  });
  await screen.step('a container that fails its check leaves the answers, is recreated, and comes back', async () => {
    const [before, address] = [await idOf(), await addressOf(host, NAME)];
    const brokenAt = Date.now();
    await inside(host, NAME, 'rm /www/index.html');
    screen.shown(`rm /www/index.html      # in ${NAME}: its check gets 404`, '');
    const gone = await watch.until(`${address} gone`, ({ addresses }) => !addresses.includes(address), brokenAt);
    screen.note(`${NAME} (${address}) was removed from the answers after ${gone.at - brokenAt} ms`);
    await poll(async () => (await idOf().catch(() => before)) !== before, {
      what: `another ${NAME}`,
      timeoutMs: 30_000,
    });
    const back = await watch.until('both again', ({ addresses }) => addresses.length === 2, gone.at);
    screen.note(`it was recreated, and is in the answers again ${back.at - brokenAt} ms after it failed`);
  });
  await watch.stop();
  await screen.step('docker compose up finds nothing to change', async () => {
    const before = await idOf();
    await compose(host, STACK, 'up', '--detach');
    if ((await idOf()) !== before) throw new Error(`Compose has recreated ${NAME}`);
    screen.shown(`docker compose -f ${STACK} up --detach`, '');
  });
  await screen.step('drover health', async () => {
    const { stdout } = await host.agent.drover(['health', 'bank']);
    screen.shown('drover health bank', stdout);
  });
}

async function rowsOf({ agent }: Member): Promise<readonly HealthRow[]> {
  return JSON.parse((await agent.drover(['health', 'bank', '--json'])).stdout) as readonly HealthRow[];
}
