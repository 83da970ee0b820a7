/**
 * `npm run demo [-- --hosts 3] [--keep]`: Docker Engines, containers, and an agent on each host. Everything it starts runs in
 * separate namespaces and is removed when it ends, also on Ctrl-C.
 */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { execa } from 'execa';
import { OVERLAY_PROGRAMS } from '../test/support/overlay/overlay-world.ts';
import { createResources } from '../test/support/resources.ts';
import { createWorld } from '../test/support/world.ts';
import { showLoadBalancer } from './balance.ts';
import { exploreLines } from './explore.ts';
import { playOneHost } from './one-host.ts';
import { showOverlay } from './overlay.ts';
import { createScreen, type Screen } from './screen.ts';
import { playTwoHosts } from './two-hosts.ts';

const HAPROXY = resolve('test/support/haproxy');
const USAGE = `Usage: npm run demo [-- OPTIONS]

Starts separate Docker Engines with an agent on each, and stacks with Docker Compose. Shows from inside the containers that they find
each other and read their metadata, and that a load balancer loses no request while containers change. Needs root. Removes everything
it created when it ends.

Options:
  --hosts N     1 (default: embedded bus), or 2 or 3 (Consul cluster, encrypted network between the engines)
  --keep        keep everything running at the end, until Ctrl-C
  --no-install  install nothing; only name missing packages
  --help        show this text

Examples:
  npm run demo
  npm run demo -- --hosts 3
  npm run demo -- --keep
`;

async function main(): Promise<number> {
  const values = readOptions();
  if (typeof values === 'string') return misused(values);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const hosts = Number(values.hosts);
  if (![1, 2, 3].includes(hosts)) return misused(`--hosts ${values.hosts} is not supported; use 1, 2 or 3`);
  if (process.getuid?.() !== 0) {
    console.error('demo: root is required for namespaces and Docker Engine; run it again with sudo npm run demo');
    return 2;
  }

  const resources = createResources();
  const screen = createScreen();
  const interrupted = Promise.withResolvers<never>();
  interrupted.promise.catch(() => {});
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.reject(new Error(name)));
  const play = async (): Promise<void> => {
    screen.part(hosts === 1 ? 'One host' : `${hosts === 2 ? 'Two' : 'Three'} hosts, one Consul cluster`);
    if (hosts > 1) await fetchPrograms(screen);
    const world = await createWorld(resources, {
      names: ['alpha', 'beta', 'gamma'].slice(0, hosts),
      bus: hosts === 1 ? 'embedded' : 'consul',
      step: screen.step,
      config: () => ({
        health: { haproxy: HAPROXY },
        lb: { haproxy: HAPROXY },
        network: { backend: 'auto', ...OVERLAY_PROGRAMS },
      }),
    });
    await playOneHost(screen, resources, world);
    if (hosts > 1) {
      await playTwoHosts(screen, resources, world);
      await showOverlay(screen, world.members);
    }
    await showLoadBalancer(screen, resources, world.members);
    screen.part('Done: everything worked as expected.');
    finished = true;
    if (!values.keep) return;
    for (const member of world.members) {
      screen.note(`Commands on ${member.name}:`);
      for (const line of exploreLines(member)) screen.note(`  ${line}`);
    }
    screen.note('Everything keeps running until you press Ctrl-C.');
    await interrupted.promise.catch(() => {});
  };

  let exitCode = 0;
  let finished = false;
  const playing = play();
  try {
    await Promise.race([playing, interrupted.promise]);
  } catch (error) {
    if (!finished) {
      exitCode = 1;
      console.error(`\ndemo: ${error instanceof Error ? describe(error) : String(error)}`);
    }
  }
  screen.part('Cleaning up');
  await screen
    .step('containers, agents, engines and namespaces removed', async () => {
      await resources.close();
      // A step that an interrupt stopped half-way fails now, and what it had created is then removed as well.
      await playing.catch(() => {});
      await resources.close();
    })
    .catch((error: unknown) => {
      console.error(error);
      exitCode = 1;
    });
  return exitCode;
}

function misused(why: string): number {
  console.error(`demo: ${why}\n\n${USAGE}`);
  return 2;
}

/** The options, or why they are wrong. */
function readOptions() {
  try {
    return parseArgs({
      options: {
        hosts: { type: 'string', default: '1' },
        keep: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function fetchPrograms(screen: Screen): Promise<void> {
  for (const [title, script] of [
    ['Consul', 'fetch-consul'],
    ['WireGuard and strongSwan', 'fetch-overlay'],
  ])
    await screen.step(`${title} downloaded (scripts/${script})`, () =>
      execa('sh', [`scripts/${script}`], { stdio: ['ignore', 'ignore', 'inherit'] }),
    );
}

function describe(error: Error): string {
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${String(error.cause)}`;
}

process.exit(await main());
