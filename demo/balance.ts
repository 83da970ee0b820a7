import { compose } from '../test/support/compose.ts';
import { inside } from '../test/support/containers.ts';
import { type Load, startLoad } from '../test/support/lb/load.ts';
import { poll } from '../test/support/poll.ts';
import type { Resources } from '../test/support/resources.ts';
import type { Member } from '../test/support/world.ts';
import { expectThat, type Screen } from './screen.ts';

const STACK = 'demo/stacks/site.yml';
const HOST = 'site.example';
const PER_SECOND = 100;
const LAST = 'site-web-4';

/** A service behind the load balancer of each host grows, loses a container, is rolled and heals, while clients send requests. */
export async function showLoadBalancer(screen: Screen, resources: Resources, hosts: readonly Member[]): Promise<void> {
  const alpha = hosts[0] as Member;
  const client = hosts.at(-1) as Member;
  screen.part(`Load balancer: http://${HOST} on ${new Intl.ListFormat('en').format(hosts.map(({ name }) => name))}`);
  await screen.step('labels of the containers publish stack site (web ×2)', async () => {
    await compose(alpha, STACK, 'up', '--detach');
    screen.shown(`docker compose -f ${STACK} up --detach`, '');
    for (const { name, address } of hosts) {
      const line = `curl -s -H 'Host: ${HOST}' http://${address}/`;
      const ask = () => client.host.run('curl', ['-sf', '-H', `Host: ${HOST}`, `http://${address}/`]);
      screen.shown(`${line}   # ${name}`, await poll(ask, { what: `${HOST} on ${name}`, timeoutMs: 30_000 }));
    }
  });
  const targets = hosts.map(
    ({ address }) => ({ protocol: 'http', address, port: 80, host: HOST, service: null }) as const,
  );
  const order = { targets, perSecond: PER_SECOND, webSockets: 0, uploads: 0, uploadSeconds: 0 };
  const load = await startLoad(resources, client.host, order);
  screen.note(`from now on, a client sends ${PER_SECOND} requests per second, and repeats none`);

  await whileServing(screen, load, 'scaled up to 4', async () => {
    const before = new Set(Object.keys(load.current().servedBy));
    await scale(alpha, 4);
    screen.shown(`docker compose -f ${STACK} up --detach --scale web=4`, '');
    const isNew = (id: string) => !before.has(id);
    const count = () => Object.keys(load.current().servedBy).filter(isNew).length;
    await poll(() => count() === 2, { what: 'replies of both new containers', timeoutMs: 30_000 });
  });
  await whileServing(screen, load, 'a container is killed, and started again', async () => {
    await alpha.engine.docker.getContainer(LAST).kill();
    screen.shown(`docker kill ${LAST}`, '');
    await load.more(PER_SECOND);
    await scale(alpha, 4);
    screen.shown(`docker compose -f ${STACK} up --detach --scale web=4`, '');
  });
  await whileServing(screen, load, 'drover roll replaces all containers, one by one', async () => {
    const { exitCode, stdout, stderr } = await alpha.agent.drover(['roll', 'site/web', '--force']);
    expectThat(exitCode === 0, `drover roll: exit code ${exitCode}\n${stderr}${stdout}`);
    const lines = stdout.split('\n').filter((line) => line.startsWith('site-web-1: ') || line.startsWith('Done'));
    screen.shown('drover roll site/web --force   # of site-web-1', lines.join('\n'));
  });
  await whileServing(
    screen,
    load,
    'the web server of a container ends: the container leaves, and is recreated',
    async () => {
      const id = async () => (await alpha.engine.docker.getContainer(LAST).inspect()).Id;
      const before = await id();
      await inside(alpha, LAST, `kill $(ps | awk '/httpd/ && !/mkdir/ { print $1 }')`);
      screen.shown(`kill $(pidof httpd)     # in ${LAST}`, '');
      await poll(async () => (await id().catch(() => before)) !== before, {
        what: `another ${LAST}`,
        timeoutMs: 30_000,
      });
    },
  );
  await screen.step('drover lb', async () => screen.shown('drover lb', (await alpha.agent.drover(['lb'])).stdout));
  await load.stop();
}

function scale(host: Member, count: number): Promise<string> {
  return compose(host, STACK, 'up', '--detach', '--scale', `web=${count}`);
}

/** A step during which no request may fail. */
async function whileServing(screen: Screen, load: Load, title: string, work: () => Promise<void>): Promise<void> {
  const before = load.current().requests;
  await screen.step(title, async () => {
    await work();
    await load.more(PER_SECOND);
    const { requests, failed, failures } = load.current();
    screen.note(`${requests - before} requests meanwhile, ${failed} failed`);
    expectThat(failed === 0, failures.map(({ kind, detail }) => `${kind}: ${detail}`).join('\n'));
  });
}
