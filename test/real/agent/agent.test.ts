import { readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAgent, startAgent } from '../../support/agent.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { startSteadyAsker } from '../../support/steady-asker.ts';
import { connectHosts, createTestHost, type TestHost } from '../../support/test-host.ts';

/** A new process has low priority until it replaces the old one, and gets little of a busy machine. */
const REPLACED_MS = 60_000;

/** One host with a real engine and the embedded bus; the tests build on each other's state only through the agent. */
const resources = createResources();
let host: TestHost;
let engine: Engine;
let agent: RunningAgent;

const compose = (service: string) => ({
  Labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': service },
});
const dig = async (name: string) =>
  (await host.run('dig', ['+short', '+time=8', '+tries=1', '@169.254.169.250', name, 'A'])).split('\n').filter(Boolean);

beforeAll(async () => {
  host = await createTestHost(resources, 'alpha');
  await connectHosts(resources, [host]);
  engine = await startEngine(resources, host, { dns: ['169.254.169.250'] });
  await engine.buildBusybox();
  agent = await startAgent(resources, host, engine, { config: { network: { enabled: false } } });
  await engine.run('shop-web-1', compose('web'));
  await poll(async () => (await dig('web.shop.rancher.internal')).length === 1, { what: 'web answered' });
});
afterAll(() => resources.close());

test('drover services, containers and hosts list the environment as text and as JSON', async () => {
  const services = await agent.drover(['services', '--json']);
  expect(services).toMatchObject({ exitCode: 0, stderr: '' });
  expect(JSON.parse(services.stdout)).toMatchObject([{ stack: 'shop', service: 'web', answered: 1, total: 1 }]);
  const table = (await agent.drover(['services'])).stdout;
  expect(table).toMatch(/^STACK +SERVICE +KIND +READY +ADDRESSES\nshop +web +service +1\/1 +172\.17\.0\.2$/m);
  const containers = JSON.parse((await agent.drover(['containers', '--json'])).stdout);
  expect(containers).toMatchObject([{ name: 'shop-web-1', stack: 'shop', service: 'web', address: '172.17.0.2' }]);
  expect(JSON.parse((await agent.drover(['hosts', '--json'])).stdout)).toMatchObject([
    { address: '192.0.2.1', self: true },
  ]);
});

test('drover status reports no problems with exit code 0, and the applied revision of each process', async () => {
  const { exitCode, stdout } = await poll(
    async () => {
      const result = await agent.drover(['status']);
      return result.exitCode === 0 && result;
    },
    { what: 'status 0', timeoutMs: 15_000 },
  );
  expect({ exitCode, last: stdout.trim().split('\n').at(-1) }).toEqual({ exitCode: 0, last: 'No problems.' });
  // A change of the state may be on its way to the processes.
  const areUpToDate = async () => {
    const { state, processes } = await agent.status();
    return processes.every(
      ({ appliedRevision, child }) => appliedRevision === state.revision && child?.state === 'running',
    );
  };
  await poll(areUpToDate, { what: 'the revision of the state in both processes' });
});

test('the control API refuses unknown requests, and is only for root', async () => {
  const ask = async (method: string, path: string, body = '') => {
    const reply = await new Promise<{ status: number; body: string; type: string }>((resolve, reject) => {
      const sent = request({ socketPath: join(agent.runDir, 'control.sock'), method, path }, async (response) =>
        resolve({
          status: response.statusCode ?? 0,
          body: await text(response),
          type: response.headers['content-type'] ?? '',
        }),
      );
      sent.on('error', reject).end(body);
    });
    return reply;
  };
  expect(await ask('GET', '/v2/status')).toMatchObject({ status: 404 });
  expect(await ask('POST', '/v1/apply', '{"files"')).toMatchObject({ status: 400 });
  expect(await ask('POST', '/v1/apply', '{"files":7}')).toMatchObject({ status: 400 });
  const plans = JSON.parse((await ask('GET', '/v1/plan')).body);
  expect(plans).toContainEqual({ component: 'service-address', changes: [], held: [], problems: [] });
  expect(await agent.drover(['plan'])).toMatchObject({ exitCode: 0, stdout: 'No changes.' });
  const metrics = await ask('GET', '/metrics');
  expect(metrics.type).toContain('text/plain');
  expect(metrics.body).toContain('drover_docker_connected 1');
  expect(metrics.body).toMatch(/drover_process_applied_revision\{process="dns"\} \d+/);
  expect(metrics.body).toMatch(/^drover_dns_queries_total \d+$/m);
  const mode = await host.run('stat', ['-c', '%a', join(agent.runDir, 'control.sock')]);
  expect(mode).toBe('600');
});

test('drover dns queries shows queries by the name of the container; status and metrics count them', async () => {
  const { Id } = await engine.docker.getContainer('shop-web-1').inspect();
  const watch = (from: string) =>
    host.start(resolve('bin/drover'), ['dns', 'queries', '--config', agent.configPath, '--from', from]);
  const SHOWN = /shop-web-1 +nosuch\.shop\.rancher\.internal A +NXDOMAIN +general .*nxdomain in rancher\.internal\.$/m;
  const watching = watch(Id.slice(0, 12));
  await poll(
    async () => {
      await dig('web.shop.rancher.internal');
      await engine.exec('shop-web-1', ['nslookup', 'nosuch.shop.rancher.internal', '169.254.169.250']);
      return SHOWN.test(watching.stdout());
    },
    { what: 'the query to be shown', giveUp: watching.assertRunning, timeoutMs: 20_000 },
  );
  const shown = watching.stdout().trim().split('\n').slice(1);
  expect(shown.map((line) => line.split(/ +/)[1])).toEqual(shown.map(() => 'shop-web-1'));
  await watching.stop();
  const waiting = watch('shop-wbe-1');
  await poll(() => /container shop-wbe-1: is not known on any host;.*\bTIME/s.test(waiting.output()), {
    what: 'the warning about a client that is not known',
    giveUp: waiting.assertRunning,
  });
  await waiting.stop();
  const wrong = await agent.drover(['dns', 'queries', '--rcode', 'NXDOMIAN']);
  expect([wrong.exitCode, wrong.stderr]).toEqual([64, expect.stringContaining('rcode NXDOMIAN: does not exist; use')]);
  const mode = await host.run('stat', ['-c', '%a', join(agent.runDir, 'dns.sock')]);
  expect(mode).toBe('600');
  await poll(
    async () => /^dns +\d+ queries \(.*p99 [\d.]+ ms, none dropped/m.test((await agent.drover(['status'])).stdout),
    {
      what: 'the line in the status',
      timeoutMs: 15_000,
    },
  );
});

test('Q2: repeated kill -9 of the agent stops no answer, and dns and metadata stay the same processes', async () => {
  const before = (await agent.status()).processes.map(({ pid }) => pid);
  const asker = startSteadyAsker(host, 'web.shop.rancher.internal');
  await asker.more(10);
  for (let round = 0; round < 4; round += 1) {
    await agent.stop('SIGKILL');
    await asker.more(6);
    await agent.start(round % 2 === 0 ? 'control' : 'ready');
  }
  await asker.more(10);
  await asker.stop();
  expect(asker.bad).toEqual([]);
  const { processes } = await agent.status();
  expect(processes.map(({ pid }) => pid)).toEqual(before);
  expect(processes.map(({ child }) => child?.adopted)).toEqual([true, true]);
});

test('Q16: changed settings replace dns and metadata, each once the new process has loaded; at most one answer of each is lost', async () => {
  const before = (await agent.status()).processes.map(({ pid }) => pid);
  const config = JSON.parse(await readFile(agent.configPath, 'utf8'));
  await writeFile(
    agent.configPath,
    JSON.stringify({ ...config, dns: { ttlSeconds: 2 }, metadata: { compatContentType: true } }),
  );
  await agent.stop();
  const asker = startSteadyAsker(host, 'web.shop.rancher.internal');
  await asker.more(10);
  await agent.start('control');
  await poll(
    async () => (await agent.status()).processes.every(({ pid, serving }, index) => serving && pid !== before[index]),
    { what: 'both replaced', timeoutMs: REPLACED_MS },
  );
  await asker.more(10);
  await asker.stop();
  expect(asker.bad.filter((line) => line.includes('dns')).length).toBeLessThanOrEqual(1);
  expect(asker.bad.filter((line) => line.includes('metadata')).length).toBeLessThanOrEqual(1);
}, 120_000); // biome-ignore format: the time limit belongs to the title

test('on SIGHUP changed settings of the servers take effect, others are named, and an invalid file changes nothing', async () => {
  const config = JSON.parse(await readFile(agent.configPath, 'utf8'));
  const reload = async (text: string): Promise<void> => {
    await writeFile(agent.configPath, text);
    agent.daemon.signal('SIGHUP');
  };
  const ttl = async () =>
    (await host.run('dig', ['+noall', '+answer', '@169.254.169.250', 'web.shop.rancher.internal'])).split(/\s+/)[1];
  const problem = (pattern: RegExp) =>
    poll(async () => pattern.test((await agent.drover(['status'])).stdout), { what: String(pattern) });
  const [, metadata] = (await agent.status()).processes;
  await reload(JSON.stringify({ ...config, dns: { ttlSeconds: 4 }, metrics: { listen: '127.0.0.1:9199' } }));
  await problem(/configuration: `metrics\.listen` changed, but not in the running agent; restart the agent/);
  await poll(async () => (await ttl()) === '4', { what: 'the new TTL', timeoutMs: REPLACED_MS });
  expect((await agent.status()).processes[1]?.pid, 'metadata keeps running').toBe(metadata?.pid);

  await reload(JSON.stringify({ ...config, dns: { ttlSeconds: 99 } }));
  await problem(/drover\.yaml:1 dns\.ttlSeconds: /);
  expect(await ttl()).toBe('4');
  expect((await agent.drover(['config', 'check'])).exitCode).toBe(64);
  for (const command of ['status', 'doctor']) {
    const { stdout } = await agent.drover([command]);
    expect(stdout.match(/drover\.yaml:1 dns\.ttlSeconds: /g), `${command} reports it once`).toHaveLength(1);
  }
  for (const command of [
    'services',
    'containers',
    'hosts',
    'get',
    'plan',
    'forget',
    'why dns web.shop',
    'why metadata self',
  ])
    expect(await agent.drover(command.split(' ')), command).toMatchObject({ exitCode: 0, stderr: '' });

  await reload(JSON.stringify({ ...config, metrics: { listen: '127.0.0.1:9199' } }));
  await poll(async () => (await agent.drover(['config', 'check'])).exitCode === 0, { what: 'a valid file' });
  await agent.stop();
  await agent.start();
  const scraped = await host.run('busybox', ['wget', '-q', '-O', '-', 'http://127.0.0.1:9199/metrics']);
  expect(scraped).toMatch(/^drover_service_endpoints_ready\{stack="shop",service="web"\} 1$/m);
}, 120_000); // biome-ignore format: the time limit belongs to the title

test('a stopped agent: its servers keep running, listings come from disk and say so, status exits with 2', async () => {
  await agent.stop();
  expect(await dig('web.shop.rancher.internal')).toEqual(['172.17.0.2']);
  const status = await agent.drover(['status']);
  expect(status.exitCode).toBe(2);
  expect(status.stdout).toMatch(/NOT RUNNING/);
  expect(status.stdout).toMatch(/dns +still answering, pid \d+/);
  const services = await agent.drover(['services', '--json']);
  expect(services.exitCode).toBe(0);
  expect(services.stderr).toMatch(/agent is not running; using the state saved .* ago/);
  expect(JSON.parse(services.stdout)).toMatchObject([{ service: 'web', answered: 1 }]);
  await agent.start();
});

test('a killed server is restarted, and status shows how it exited', async () => {
  const { processes } = await agent.status();
  process.kill(processes[0]?.pid ?? 0, 'SIGKILL');
  const dns = await poll(
    async () =>
      (await agent.status()).processes.find(
        ({ name, child, serving }) => name === 'dns' && serving && child?.state === 'running' && child.restarts === 1,
      ),
    { what: 'dns again', timeoutMs: 15_000 },
  );
  expect(dns.pid).not.toBe(processes[0]?.pid);
  expect(await dig('web.shop.rancher.internal')).toEqual(['172.17.0.2']);
});

test('Q2: Docker stops: status reports it with exit code 1, names are still answered, and the problem ends once Docker is back', async () => {
  await engine.stop('SIGKILL');
  const down = await poll(
    async () => {
      const result = await agent.drover(['status']);
      return result.exitCode === 1 && result;
    },
    { what: 'status 1', timeoutMs: 15_000 },
  );
  expect(down.stdout).toMatch(/docker +not connected/);
  expect(await dig('web.shop.rancher.internal')).toEqual(['172.17.0.2']);
  await engine.start();
  await engine.docker.getContainer('shop-web-1').restart({ t: 0 });
  await poll(async () => (await agent.drover(['status'])).exitCode === 0, {
    what: 'status 0 again',
    timeoutMs: 30_000,
  });
  expect(await dig('web.shop.rancher.internal')).toHaveLength(1);
});
