import { compose } from '../test/support/compose.ts';
import { inside } from '../test/support/containers.ts';
import { poll } from '../test/support/poll.ts';
import type { Member } from '../test/support/world.ts';
import { expectThat, type Screen } from './screen.ts';

const CLIENT = 'shop-client-1';
const PAGE = 'wget -qO- http://web';
const SECRET = 'hello from';

/** Requests by name from the last host to the first one, encrypted, and what the network between them shows of it. */
export async function showOverlay(screen: Screen, members: readonly Member[]): Promise<void> {
  const [alpha, last] = [members[0] as Member, members.at(-1) as Member];
  screen.part(`Encrypted between ${members.map(({ name }) => name).join(', ')}`);
  if (members.length > 2)
    await screen.step(`${CLIENT} started on ${last.name}`, () =>
      compose(last, 'demo/stacks/client.yml', 'up', '--detach'),
    );
  await screen.step('every path is up', async () => {
    const isUp = async ({ agent }: Member): Promise<boolean> => {
      const { rows } = JSON.parse((await agent.drover(['overlay', '--json'])).stdout) as { rows: { state: string }[] };
      return rows.length === members.length - 1 && rows.every(({ state }) => state === 'up');
    };
    for (const member of members)
      await poll(() => isUp(member), { what: `the paths of ${member.name}`, timeoutMs: 60_000 });
    screen.shown(`drover overlay    # on ${alpha.name}`, (await alpha.agent.drover(['overlay'])).stdout);
  });
  await screen.step('requests by name, while the network between the hosts is captured', async () => {
    const capture = alpha.host.start('tcpdump', ['-l', '-n', '-A', '-i', 'uplink', 'udp or net 10.42.0.0/16']);
    await poll(() => capture.output().includes('listening on'), { what: 'tcpdump', giveUp: capture.assertRunning });
    const pages: string[] = [];
    for (let request = 0; request < 5; request += 1) pages.push(await inside(last, CLIENT, PAGE));
    screen.shown(`${PAGE}    # in ${CLIENT} on ${last.name}, 5 times`, pages.join(''));
    await poll(() => capture.output().includes('UDP'), { what: 'packets of the tunnel' });
    await capture.stop();
    const lines = capture.output().split('\n');
    // Without the messages by which the agents find dead hosts.
    const packets = lines.filter((line) => / IP6? .*: UDP/.test(line) && !line.includes('.4250 '));
    screen.shown(`tcpdump -i uplink    # on ${alpha.name}`, packets.slice(0, 4).join('\n'));
    expectThat(
      pages.every((page) => page.includes(SECRET)),
      `unexpected: ${pages.join('')}`,
    );
    expectThat(!capture.output().includes(SECRET), `a page was on the network in clear:\n${capture.output()}`);
    expectThat(
      !lines.some((line) => / IP 10\.42\./.test(line)),
      `a packet between containers was in clear:\n${capture.output()}`,
    );
    screen.note(`${packets.length} packets captured; none has the text of a page or the address of a container`);
  });
  await screen.step('drover overlay rotate: new keys, and no request fails', async () => {
    const stop = new AbortController();
    const failed: string[] = [];
    let requests = 0;
    const asking = (async () => {
      for (; !stop.signal.aborted; requests += 1)
        await inside(last, CLIENT, PAGE).catch((error: Error) => failed.push(error.message));
    })();
    const rotated = async (): Promise<string | null> => {
      const { exitCode, stdout } = await alpha.agent.drover(['overlay', 'rotate']);
      return exitCode === 0 ? stdout : null;
    };
    const before = await portsOf(alpha);
    screen.shown('drover overlay rotate', await poll(rotated, { what: 'new keys', timeoutMs: 30_000 }));
    await poll(async () => (await portsOf(alpha)) !== before, { what: 'the new tunnels', timeoutMs: 60_000 });
    stop.abort();
    await asking;
    screen.note(`${requests} requests meanwhile, ${failed.length} failed`);
    expectThat(failed.length === 0, failed.join('\n'));
  });
}

/** Where the tunnels of a host end. */
async function portsOf({ agent }: Member): Promise<string> {
  const { rows } = JSON.parse((await agent.drover(['overlay', '--json'])).stdout) as {
    rows: { address: string; port: number | null }[];
  };
  return rows.map(({ port }) => port).join();
}
