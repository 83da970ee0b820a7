import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { EXIT } from '../../cli/support/io.ts';
import { runCommand } from '../../system/index.ts';
import { BASE_IMAGE, importBaseImage } from '../support/base-image.ts';
import { type ComposeHost, createComposeHost, RESOLVERS } from '../support/compose-host.ts';
import { startConsulCluster } from '../support/consul.ts';
import { composeUp, inside, lookUp, pidOf, WEB_COMMAND } from '../support/containers.ts';
import type { Engine } from '../support/engine.ts';
import { startLoad } from '../support/lb/load.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';
import { createTestHost, type TestHost } from '../support/test-host.ts';
import { RESOLVER } from '../support/world.ts';

const URL_OF_LB = 'http://127.0.0.1/';
const TARGET = { protocol: 'http', address: '127.0.0.1', port: 80, service: null } as const;
const LOAD = { perSecond: 30, webSockets: 0, uploads: 0, uploadSeconds: 0 } as const;

const resources = createResources();
afterAll(() => resources.close());

test('the systemd unit is accepted by systemd-analyze verify', async () => {
  const host = await createTestHost(resources, 'unit');
  const unit = (await readFile('deploy/drover.service', 'utf8')).replaceAll('/opt/drover', process.cwd());
  // The exit code of the agent after `drover down` (test/real/agent/lifecycle.test.ts).
  expect(unit).toContain(`\nRestartPreventExitStatus=${EXIT.down}\n`);
  const path = join(host.dir, 'drover.service');
  await writeFile(path, unit);
  // Units that the machine lacks (docker.service) are named only as an order, so nothing may be printed.
  const { all, exitCode } = await execa('systemd-analyze', ['verify', '--man=no', path], { all: true, reject: false });
  expect({ all: (all ?? '').split('\n').filter((line) => line.includes('drover')), exitCode }).toEqual({
    all: [],
    exitCode: 0,
  });
});

test('compose.one-host.yaml has the services of compose.yaml, without Consul', async () => {
  const read = async (file: string) => parse(await readFile(file, 'utf8'), { merge: true });
  const [several, single] = [await read('deploy/compose.yaml'), await read('deploy/compose.one-host.yaml')];
  for (const name of ['agent', 'dns', 'metadata', 'lb']) {
    const { environment, depends_on: _, ...wanted } = several.services[name];
    const { DROVER_HOST_ADDRESS, ...others } = environment;
    const expected = { ...wanted, environment: { ...others, DROVER_BUS_DRIVER: 'embedded' } };
    expect(single.services[name], name).toEqual(expected);
  }
});

describe('the image, started by Docker Compose', () => {
  let at: ComposeHost;

  beforeAll(async () => {
    at = await createComposeHost(resources, 'image', [RESOLVER]);
    await at.engine.buildBusybox();
    await importBaseImage(at.engine);
    await buildImage(at.host, at.engine);
  }, 900_000);

  const drover = (file: string, ...args: readonly string[]) =>
    at.compose(file, ['exec', '-T', 'agent', 'drover', ...args]);
  const outside = (address: string, container = 'shop-app-1') =>
    poll(async () => (await lookUp(at, container, 'www.corp.example')).includes(address), {
      what: `${address} for www.corp.example in ${container}`,
      timeoutMs: 30_000,
      intervalMs: 300,
    });

  test('compose.yaml: names inside and outside, metadata, templates; it follows the host and a restart of dockerd', async () => {
    await startConsulCluster(resources, { host: at.host, servers: 1, addresses: ['127.0.0.1'] });
    // Consul runs already: there is no image of it here.
    await at.compose('compose.yaml', ['up', '-d', '--no-deps', 'agent', 'dns', 'metadata', 'lb']);
    await composeUp(at, 'shop', 'web', 1, { network: 'bridge' });
    await composeUp(at, 'shop', 'app', 1, { network: 'bridge' });
    const output = await poll(() => inside(at, 'shop-app-1', 'nslookup -type=a web.shop'), {
      what: 'web.shop answered by the containers of compose.yaml',
      timeoutMs: 60_000,
      intervalMs: 200,
    });
    expect(output).toMatch(/Address: *172\.17\./);
    const self = await poll(() => inside(at, 'shop-app-1', `wget -qO- http://${RESOLVER}/latest/self/service/name`), {
      what: 'metadata answered by the containers of compose.yaml',
    });
    expect(self).toBe('app');
    const [first, second] = Object.entries(RESOLVERS) as [[string, string], [string, string]];
    await outside(first[1]);
    await at.setResolver(second[0]);
    await outside(second[1]);
    expect(await drover('compose.yaml', 'status')).not.toMatch(/upstream resolver|not connected/);

    const source = 'printf "{{#each services}}{{name}} {{/each}}" >/tmp/names.hbs';
    const template = `drover template --metadata http://${RESOLVER} -s /tmp/names.hbs -d /tmp/names --once && cat /tmp/names`;
    const names = await poll(() => inside(at, 'drover-agent-1', `${source}; ${template}`), {
      what: 'a template filled by the image',
    });
    expect(names).toContain('app web');

    // dockerd creates a new socket. With live-restore the containers keep running.
    await at.engine.stop();
    await at.engine.start();
    await composeUp(at, 'shop', 'late', 1, { network: 'bridge' });
    await poll(async () => (await lookUp(at, 'shop-app-1', 'late.shop')).includes('172.17.'), {
      what: 'a container that was started after the restart of dockerd',
      timeoutMs: 30_000,
      intervalMs: 300,
    });
  });

  test('the servers were run when the image was built: they find everything compiled, and add nothing when they end', async () => {
    const cache = 'find /opt/drover/node_modules/.cache/drover -type f | wc -l';
    for (const name of ['drover-dns-1', 'drover-metadata-1']) {
      const compiled = await inside(at, name, cache);
      expect(Number(compiled)).toBeGreaterThan(500);
      await at.engine.docker.getContainer(name).restart({ t: 10 });
      expect(await inside(at, name, cache), name).toBe(compiled);
    }
  });

  const runningProcesses = async () => {
    const listed = await at.engine.docker.listContainers({ filters: { label: ['drover.process'] } });
    return listed.map(({ Labels }) => Labels['drover.process']).toSorted();
  };
  const areStopped = () =>
    poll(async () => (await runningProcesses()).length === 0, { what: 'no container of Drover', timeoutMs: 30_000 });

  test('drover down: it says what to change, its containers stay stopped, and the others have a working resolver', async () => {
    // Its names of the outside go through Docker's own resolver, and from there to Drover.
    await at.engine.docker.createNetwork({ Name: 'own' });
    await composeUp(at, 'own', 'app', 1, { network: 'own' });
    expect(await drover('compose.yaml', 'down', '--dry-run')).toMatch(
      /1\. resolv\.conf of containers[\s\S]*Docker's dns setting/,
    );
    expect(await runningProcesses()).toEqual(['agent', 'dns', 'lb', 'metadata']);
    expect(await drover('compose.yaml', 'down')).toMatch(/everything it created on this host is removed/);
    await areStopped();
    expect(await inside(at, 'shop-app-1', 'cat /etc/resolv.conf')).toContain('nameserver 192.0.2.54');
    for (const name of ['shop-app-1', 'own-app-1']) await outside(RESOLVERS['192.0.2.54'], name);
    await at.engine.stop();
    await at.engine.start();
    expect(await runningProcesses()).toEqual([]);
    expect(await at.host.run('ip', ['-o', 'link'])).not.toContain('drover');
  });

  test('compose.one-host.yaml: the same with the embedded bus', async () => {
    await at.compose('compose.one-host.yaml', ['up', '-d']);
    await poll(async () => (await lookUp(at, 'shop-app-1', 'web.shop')).includes('172.17.'), {
      what: 'web.shop answered by the containers of compose.one-host.yaml',
      timeoutMs: 60_000,
      intervalMs: 300,
    });
    await outside(RESOLVERS['192.0.2.54']);
    // DNS answers before dns and metadata have connected to the agent. Until then the exit code is 1: they are starting.
    const status = await poll(() => drover('compose.one-host.yaml', 'status'), {
      what: 'no problems',
      timeoutMs: 60_000,
      intervalMs: 500,
    });
    expect(status).toMatch(/bus +embedded, connected/);
  });

  test('Q4 Q35 HAProxy in the container lb goes on while that of the agent is replaced or killed, and is adopted', async () => {
    const target = (host: string) => ({ ...TARGET, host });
    const publish = (service: string, host: string, labels: Readonly<Record<string, string>> = {}) =>
      composeUp(at, 'shop', service, 1, {
        command: WEB_COMMAND,
        network: 'bridge',
        labels: { 'drover.lb.host': host, 'drover.lb.port': '80', ...labels },
      });
    const status = (host: string) =>
      at.host.run('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-m', '3', '-H', `Host: ${host}`, URL_OF_LB]);
    const answers = (host: string) =>
      poll(async () => (await status(host)) === '200', { what: host, timeoutMs: 60_000, intervalMs: 200 });
    const master = async () => (await at.host.run('cat', ['/run/drover/lb.pid'])).split(' ')[0];

    await publish('one', 'one.example');
    await answers('one.example');
    const load = await startLoad(resources, at.host, { ...LOAD, targets: [target('one.example')] });
    const pid = await master();
    await at.compose('compose.one-host.yaml', ['up', '-d', '--force-recreate', 'agent']);
    await load.more(20);
    // Docker starts it again.
    const agent = await pidOf(at, 'drover-agent-1');
    process.kill(agent, 'SIGKILL');
    await poll(async () => ![0, agent].includes(await pidOf(at, 'drover-agent-1')), {
      what: 'the next agent',
      timeoutMs: 30_000,
    });
    // A rule with this option is a reload, which the agent can make only if it has adopted HAProxy.
    await publish('two', 'two.example', { 'drover.lb.gzip': 'true' });
    await answers('two.example');
    expect((await load.stop()).failures).toEqual([]);
    expect(await master()).toBe(pid);

    for (const service of ['one', 'two'])
      await at.engine.docker.getContainer(`shop-${service}-1`).remove({ force: true });
    await poll(async () => (await status('one.example').catch(() => 'refused')) === 'refused', {
      what: 'port 80 without HAProxy',
      timeoutMs: 30_000,
    });
    expect(await at.compose('compose.one-host.yaml', ['logs', 'lb'])).toMatch(/New worker/);
    expect(await runningProcesses()).toEqual(['agent', 'dns', 'lb', 'metadata']);
  });

  test('an agent that does not start is removed by another container of its service', async () => {
    await at.compose('compose.one-host.yaml', ['kill', 'agent']);
    const down = await at.compose('compose.one-host.yaml', ['run', '--rm', '-T', 'agent', 'down']);
    expect(down).toMatch(/everything it created on this host is removed/);
    await areStopped();
  });
});

async function buildImage(host: TestHost, { docker }: Engine): Promise<void> {
  const context = join(host.dir, 'context');
  await runCommand('sh', ['deploy/build-image', '--context', context], { timeoutMs: 300_000 });
  const tar = execa('tar', ['-C', context, '-c', '.'], { buffer: false, encoding: 'buffer' });
  const stream = await docker.buildImage(tar.stdout, { t: 'drover:0.1.0', buildargs: { BASE: BASE_IMAGE } });
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(stream, (error, events: { error?: string }[] | null) => {
      const failed = events?.find((event) => event.error);
      if (error || failed) reject(error ?? new Error(failed?.error));
      else resolve();
    });
  });
}
