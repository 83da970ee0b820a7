import { compose } from '../test/support/compose.ts';
import { addressOf, dieTime, inside, pidOf } from '../test/support/containers.ts';
import { watchName } from '../test/support/name-watch.ts';
import { poll } from '../test/support/poll.ts';
import type { Resources } from '../test/support/resources.ts';
import type { Member, World } from '../test/support/world.ts';
import { listing } from './one-host.ts';
import { expectThat, type Screen } from './screen.ts';

const SERVER = '169.254.169.250';

/** A container on the second host finds and reaches those of the first host. */
export async function playTwoHosts(screen: Screen, resources: Resources, { members }: World): Promise<void> {
  const [alpha, beta] = members as [Member, Member];
  screen.part(`Stack shop extends to ${beta.name}`);
  await screen.step(`shop-client-1 started on ${beta.name}`, () =>
    compose(beta, 'demo/stacks/client.yml', 'up', '--detach'),
  );
  await screen.step(`wget http://web on ${beta.name} reaches ${alpha.name}`, async () => {
    const output = await poll(() => inside(beta, 'shop-client-1', 'wget -qO- http://web'), {
      what: 'web from the other host',
    });
    screen.shown(`wget -qO- http://web    # in shop-client-1 on ${beta.name}`, output);
    expectThat(/hello from \w+/.test(output), `unexpected: ${output}`);
  });
  await screen.step(`a start and a stop on ${alpha.name} change the answers on ${beta.name}`, async () => {
    const watch = watchName(resources, await pidOf(beta, 'shop-client-1'), { server: SERVER, name: 'web.shop' });
    await compose(alpha, 'demo/stacks/shop.yml', 'up', '--detach', '--scale', 'web=4');
    const id = 'shop-web-4';
    const address = await addressOf(alpha, id);
    const { State } = await alpha.engine.docker.getContainer(id).inspect();
    const startedAt = Date.parse(State.StartedAt);
    const seen = await watch.until(`${address} answered`, ({ addresses }) => addresses.includes(address));
    screen.note(
      `shop-web-4 was in the answers on ${beta.name} ${apart(seen.at - startedAt)} its first process started on ${alpha.name}`,
    );
    const died = dieTime(alpha, id);
    await alpha.engine.docker.getContainer(id).stop({ t: 0 });
    const diedAt = await died;
    const gone = await watch.until(`${address} gone`, ({ addresses }) => !addresses.includes(address), seen.at);
    screen.note(`it was removed there ${apart(gone.at - diedAt)} Docker's die event`);
    await watch.stop();
  });
  await screen.step('drover hosts', async () => screen.shown('drover hosts', await listing(beta, 'hosts')));
}

function apart(ms: number): string {
  return `${Math.abs(Math.round(ms))} ms ${ms < 0 ? 'before' : 'after'}`;
}
