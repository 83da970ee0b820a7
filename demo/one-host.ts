import { compose } from '../test/support/compose.ts';
import { addressOf, answersOf, dieTime, inside, lookUp, pidOf } from '../test/support/containers.ts';
import { watchName } from '../test/support/name-watch.ts';
import { poll } from '../test/support/poll.ts';
import type { Resources } from '../test/support/resources.ts';
import type { Member, World } from '../test/support/world.ts';
import { followState } from './follow-state.ts';
import { showRecreation } from './heal.ts';
import { expectThat, type Screen } from './screen.ts';

const SERVER = '169.254.169.250';

/** Two stacks on one host: names, rotation, metadata, and a container that stops. */
export async function playOneHost(screen: Screen, resources: Resources, { members }: World): Promise<void> {
  const alpha = members[0] as Member;
  screen.part(`Stacks shop (web ×3, cart) and blog (app) on ${alpha.name}`);
  await screen.step('started with Compose', async () => {
    for (const file of ['demo/stacks/shop.yml', 'demo/stacks/blog.yml']) {
      await compose(alpha, file, 'up', '--detach');
      screen.shown(`docker compose -f ${file} up --detach`, '');
    }
  });
  const webs = ['shop-web-1', 'shop-web-2', 'shop-web-3'];
  const addresses = (await Promise.all(webs.map((name) => addressOf(alpha, name)))).sort();

  await screen.step('nslookup web from the same stack', async () => {
    const output = await lookUpAll(alpha, 'shop-cart-1', 'web', 3);
    screen.shown(
      'nslookup web            # in shop-cart-1',
      output.slice(output.indexOf('Name:')).split('\n\n')[0] ?? '',
    );
    expectThat(same(answersOf(output), addresses), `expected ${addresses.join(' ')}, got:\n${output}`);
  });
  await screen.step('nslookup web.shop from the other stack', async () => {
    const output = await lookUpAll(alpha, 'blog-app-1', 'web.shop', 3);
    screen.shown('nslookup web.shop       # in blog-app-1', output);
    expectThat(same(answersOf(output), addresses), `expected ${addresses.join(' ')}, got:\n${output}`);
  });
  await screen.step('rotation: each address comes first in turn', async () => {
    const firsts: string[] = [];
    for (let round = 0; round < 6; round += 1) {
      const output = await lookUp(alpha, 'shop-cart-1', 'web');
      firsts.push(answersOf(output)[0] ?? 'none');
    }
    screen.note(`first address of each answer: ${firsts.join(', ')}`);
    expectThat(new Set(firsts).size === 3, `only ${new Set(firsts).size} of 3 addresses came first in six lookups`);
  });
  for (const [container, service] of [
    ['shop-cart-1', 'cart'],
    ['blog-app-1', 'app'],
    ['shop-web-2', 'web'],
  ] as const) {
    await screen.step(`metadata: ${container} reads its own service name`, async () => {
      const url = 'http://rancher-metadata/latest/self/service/name';
      const output = await inside(alpha, container, `wget -qO- ${url}`);
      screen.shown(`wget -qO- ${url}   # in ${container}`, output);
      expectThat(output.trim() === service, `expected ${service}, got ${output}`);
    });
  }
  await followState(screen, resources, alpha);
  await showStop(screen, resources, alpha, 'shop-web-2');
  await showRecreation(screen, resources, alpha);
  await explainAnswers(screen, alpha);
  for (const command of ['services', 'containers', 'status']) {
    await screen.step(`drover ${command}`, async () =>
      screen.shown(`drover ${command}`, await listing(alpha, command)),
    );
  }
}

/** Explains why an address is left out, and why a path does not exist. */
async function explainAnswers(screen: Screen, { agent }: Member): Promise<void> {
  for (const [command, expected] of [
    ['why dns web --from shop-cart-1', 'shop-web-2 +alpha .* no '],
    ['why metadata self/service/metadata/baner --from shop-web-1', 'did you mean banner\\?'],
  ] as const) {
    await screen.step(`drover ${command.split(' ', 2).join(' ')}`, async () => {
      const { exitCode, stdout, stderr } = await agent.drover(command.split(' '));
      screen.shown(`drover ${command}`, stdout);
      expectThat(exitCode === 0 && new RegExp(expected).test(stdout), `exit code ${exitCode}\n${stderr}${stdout}`);
    });
  }
}

/** Repeats the lookup until the answer has the expected number of addresses, because the stacks may still be starting. */
function lookUpAll(host: Member, container: string, name: string, wanted: number): Promise<string> {
  return poll(
    async () => {
      const output = await lookUp(host, container, name);
      return answersOf(output).length === wanted && output;
    },
    { what: `${wanted} addresses of ${name} in ${container}`, timeoutMs: 5_000 },
  );
}

async function showStop(screen: Screen, resources: Resources, host: Member, id: string): Promise<void> {
  await screen.step('a stopped container is removed from the answers', async () => {
    const address = await addressOf(host, id);
    const watch = watchName(resources, await pidOf(host, 'shop-cart-1'), { server: SERVER, name: 'web.shop' });
    await watch.until('all three', ({ addresses }) => addresses.length === 3);
    const died = dieTime(host, id);
    const asked = Date.now();
    const [diedAt] = await Promise.all([died, host.engine.docker.getContainer(id).stop({ t: 1 })]);
    const gone = await watch.until(`${address} gone`, ({ addresses }) => !addresses.includes(address), asked);
    await watch.stop();
    screen.note(
      `shop-web-2 (${address}) was removed ${gone.at - asked} ms after \`docker stop\`, ${(diedAt - gone.at).toFixed(0)} ms before its process ended`,
    );
    expectThat(gone.at - asked < 1_000, `it took ${gone.at - asked} ms`);
  });
}

export async function listing({ agent }: Member, what: string): Promise<string> {
  const { exitCode, stdout, stderr } = await agent.drover([what]);
  if (exitCode !== 0) throw new Error(`drover ${what}: exit code ${exitCode}\n${stderr}${stdout}`);
  return stdout;
}

const same = (got: readonly string[], wanted: readonly string[]) =>
  [...got].sort().join() === [...wanted].sort().join();
