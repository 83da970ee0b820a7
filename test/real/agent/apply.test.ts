import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningAgent, startAgent } from '../../support/agent.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';

/** No Docker here: declarations need none. */
const resources = createResources();
let host: TestHost;
let agent: RunningAgent;

beforeAll(async () => {
  host = await createTestHost(resources, 'alpha');
  agent = await startAgent(resources, host, null, {
    config: { network: { enabled: false }, supervise: false },
    until: 'control',
  });
});
afterAll(() => resources.close());

const manifest = (name: string, text: string) => writeFile(join(host.dir, name), text).then(() => join(host.dir, name));
const services = async () =>
  (JSON.parse((await agent.drover(['services', '--json'])).stdout) as { stack: string; service: string }[]).map(
    ({ stack, service }) => `${stack}/${service}`,
  );

test('drover apply shows the changes, makes them, and has nothing to do the second time', async () => {
  const file = await manifest(
    'db.yml',
    'services:\n  db:\n    external_ips: [192.0.2.9]\n  cache:\n    hostname: cache.example.com\n',
  );
  const dry = await agent.drover(['apply', '-p', 'shop', '-f', file, '--dry-run']);
  expect(dry).toMatchObject({ exitCode: 0, stderr: '' });
  expect(dry.stdout).toMatch(/^Would change:\n\+ shop\/cache .*\n\+ shop\/db/);
  expect(await services()).toEqual([]);
  expect((await agent.drover(['apply', '-p', 'shop', '-f', file])).exitCode).toBe(0);
  await poll(async () => (await services()).join() === 'shop/cache,shop/db', { what: 'both services' });
  expect((await agent.drover(['apply', '-p', 'shop', '-f', file])).stdout.trim()).toBe('No changes.');
  expect((await agent.drover(['apply', '-p', 'shop', '-f', file, '--dry-run'])).stdout.trim()).toBe('No changes.');
});

test('Q34: a file that cannot be read changes no service that it may describe', async () => {
  const compose = await manifest(
    'docker-compose.yml',
    'front:\n  image: acme/front:1\nstore:\n  image: acme/store:1\n',
  );
  const good = 'front:\n  scale: 3\n  metadata: { colour: blue }\n  health_check: { port: 8000 }\n';
  const rancher = await manifest('rancher-compose.yml', good);
  const apply = (...more: string[]) =>
    agent.drover(['apply', '-p', 'demo', '-f', compose, '-f', rancher, '--json', ...more]);
  expect(await apply()).toMatchObject({ exitCode: 0 });
  const broken: readonly (readonly [string | Buffer, string])[] = [
    [good.replace('  scale', '\tscale'), 'is indented with a tab'],
    ['404: Not Found\n', 'is not a map of services'],
    ['', 'is empty'],
  ];
  for (const [text, what] of broken) {
    await manifest('rancher-compose.yml', String(text));
    for (const more of [[], ['--prune'], ['--dry-run']]) {
      const { exitCode, stdout } = await apply(...more);
      expect([exitCode, JSON.parse(stdout).changes]).toEqual([1, []]);
      expect(stdout).toContain(what);
    }
  }
  await writeFile(rancher, Buffer.from([0x66, 0xff, 0xfe]));
  const { exitCode, stderr } = await apply();
  expect([exitCode, stderr]).toEqual([1, expect.stringContaining('rancher-compose.yml: is not text in UTF-8')]);
  await manifest('rancher-compose.yml', good);
  expect(JSON.parse((await apply()).stdout)).toMatchObject({ changes: [], problems: [] });
});

test('--prune with a file that lists no services removes nothing, and `services: {}` removes the stack', async () => {
  await agent.drover(['apply', '-p', 'gone', '-f', '-'], 'services: {a: {external_ips: [192.0.2.1]}}');
  await poll(async () => (await services()).includes('gone/a'), { what: 'gone/a' });
  for (const text of ['', '# nothing', "version: '2'"]) {
    const { exitCode, stderr } = await agent.drover(['apply', '-p', 'gone', '-f', '-', '--prune'], text);
    expect([exitCode, stderr]).toEqual([
      1,
      expect.stringContaining('--prune: removes nothing: the files list no services'),
    ]);
  }
  const other = await agent.drover(['apply', '-p', 'gone', '-f', '-', '--prune'], 'stack: none\nservices: {}');
  expect(other).toMatchObject({ exitCode: 0, stdout: 'No changes.' });
  const { stdout } = await agent.drover(['apply', '-p', 'gone', '-f', '-', '--prune'], 'services: {}');
  expect(stdout.trim()).toBe('- gone/a');
  await poll(async () => !(await services()).includes('gone/a'), { what: 'gone/a to go' });
});

test('Q34: a bad service is reported with file and line, the others are applied, exit code 1', async () => {
  const file = await manifest(
    'mixed.yml',
    'services:\n  good:\n    external_ips: [192.0.2.10]\n  bad:\n    external_ips: [nowhere]\n',
  );
  const { exitCode, stderr, stdout } = await agent.drover(['apply', '-p', 'mixed', '-f', file]);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/mixed\.yml:5 .*bad.*nowhere/);
  expect(stdout).toContain('+ mixed/good');
});

test('Q34: a wrong rule of a load balancer keeps its last good version, and the others change', async () => {
  const apply = (selector: string, port: number) => {
    const rules = [`{ source_port: 80, selector: '${selector}' }`, `{ source_port: ${port}, service: a/b }`];
    const text = `stack: edge\nservices:\n  lb: { lb_config: { port_rules: [${rules.join(', ')}] } }\n`;
    return agent.drover(['apply', '-f', '-'], text);
  };
  expect(await apply('tier in (a)', 81)).toMatchObject({ exitCode: 0, stdout: '+ edge/lb (loadBalancerService)' });
  const { exitCode, stderr } = await apply('tier inn (a)', 82);
  expect([exitCode, stderr]).toEqual([
    1,
    expect.stringMatching(/standard input:3 services\.lb\.lb_config\.port_rules\.0\.selector: .*did you mean in\?/),
  ]);
  const [document] = JSON.parse((await agent.drover(['get', 'edge/lb', '--json'])).stdout);
  expect(document.services.lb.lb_config.port_rules).toMatchObject([
    { source_port: 80, selector: 'tier in (a)' },
    { source_port: 82, service: 'a/b' },
  ]);
});

test('--prune removes what the stack no longer declares, and reads standard input as a file', async () => {
  const less = 'services:\n  db:\n    external_ips: [192.0.2.9]\n';
  const { stdout } = await agent.drover(['apply', '-p', 'shop', '-f', '-', '--prune'], less);
  expect(stdout).toContain('- shop/cache');
  await poll(async () => !(await services()).includes('shop/cache'), { what: 'cache gone' });
});

test('drover get prints what is declared, and drover apply accepts it', async () => {
  const text = `
stack: deep
services:
  web: { kind: service, health_check: { port: 80 }, metadata: { z: 9007199254740993, a: ["$x"] }, scale: 2 }
  lb:
    lb_config:
      hosts: { role: edge }
      port_rules: [{ source_port: 80, service: web }, { source_port: 80, path: /up, selector: 'a in (b)', max_body: 10m }]
`;
  expect((await agent.drover(['apply', '-f', '-'], text)).exitCode).toBe(0);
  const again = async (args: string[]) => {
    const { stdout, exitCode } = await agent.drover(['get', ...args]);
    const { stdout: changes } = await agent.drover(['apply', '-f', '-', '--dry-run', '--json'], stdout);
    return { stdout, exitCode, outcome: JSON.parse(changes) };
  };
  for (const args of [[], ['--json'], ['deep'], ['deep', '--json'], ['DEEP/web'], ['deep/lb', '--json']]) {
    const { exitCode, outcome } = await again(args);
    expect([args, exitCode, outcome]).toEqual([args, 0, { changes: [], problems: [], ignored: [] }]);
  }
  expect((await again(['deep/web'])).stdout).not.toContain('lb');
  expect((await again(['deep/web'])).stdout).toContain('z: 9007199254740993');
  expect(JSON.parse((await agent.drover(['get', 'deep', '--json'])).stdout)).toMatchObject([
    { stack: 'deep', services: { web: { scale: 2 }, lb: { kind: 'loadBalancerService' } } },
  ]);
  const wrong = await agent.drover(['get', 'deep/wbe']);
  expect(wrong).toMatchObject({ exitCode: 1, stderr: 'drover: deep/wbe: is not declared; did you mean deep/web?' });
  expect((await agent.drover(['get', 'a/b/c'])).exitCode).toBe(64);
});

test('drover rm removes a service, and a stack only with --yes', async () => {
  expect(await agent.drover(['rm', 'deep/WEB', '--dry-run'])).toMatchObject({
    exitCode: 0,
    stdout: 'Would change:\n- deep/web',
  });
  expect(await agent.drover(['rm', 'deep/WEB'])).toMatchObject({ exitCode: 0, stdout: '- deep/web' });
  expect(await agent.drover(['rm', 'deep/web'])).toMatchObject({
    exitCode: 1,
    stdout: 'No changes.',
    stderr: 'drover: service deep/web: is not declared; run `drover get` to list what is declared',
  });
  expect(await agent.drover(['rm', 'deep'])).toMatchObject({
    exitCode: 1,
    stdout: 'Would change:\n- deep/lb',
    stderr: expect.stringContaining('is not removed without --yes; check the list, then run `drover rm deep --yes`'),
  });
  expect(await agent.drover(['rm', 'deep', '--yes', '--json'])).toMatchObject({ exitCode: 0 });
  expect((await agent.drover(['get', 'deep'])).stderr).toContain('deep: is not declared;');
  // A name that begins with the other is another stack or service.
  expect((await agent.drover(['rm', 'dee', '--yes'])).exitCode).toBe(1);
});

test('manifests of the directory are applied while they are there', async () => {
  await writeFile(
    join(host.dir, 'drover/manifests/ext.yml'),
    'stack: ext\nservices:\n  mail:\n    external_ips: [192.0.2.25]\n',
  );
  await poll(async () => (await services()).includes('ext/mail'), { what: 'ext/mail', timeoutMs: 15_000 });
  const { exitCode, stderr } = await agent.drover(['rm', 'ext/mail']);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/ext\/mail: is declared in the manifests directory, by .*ext\.yml; remove it there/);
  expect(await services()).toContain('ext/mail');
});

test('a file that does not exist, or no file at all, is invalid usage', async () => {
  expect(await agent.drover(['apply', '-f', '/nowhere.yml'])).toMatchObject({ exitCode: 64 });
  expect(await agent.drover(['apply'])).toMatchObject({ exitCode: 64 });
});

test('a second agent in the same run directory exits at once with the reason, and changes nothing', async () => {
  const { exitCode, stderr } = await agent.drover(['agent']);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/drover: the agent cannot start: .*(feed|agent|serve)/);
  expect((await agent.status()).agent.pid).toBe(agent.daemon.pid);
});

test('without the agent, drover apply says that the agent is not running', async () => {
  const file = await manifest('late.yml', 'services:\n  late:\n    external_ips: [192.0.2.11]\n');
  await agent.stop();
  const { exitCode, stderr } = await agent.drover(['apply', '-p', 'late', '-f', file]);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^drover: agent at .*: is not running, .*; start it: `drover agent`\n?$/);
  expect((await agent.drover(['rm', 'ext/mail'])).exitCode).toBe(2);
  const saved = await agent.drover(['get', 'ext/mail']);
  expect([saved.exitCode, saved.stdout]).toEqual([0, expect.stringContaining('stack: ext')]);
  expect(saved.stderr).toContain('using the state saved');
  const { exitCode: lbCode, stdout: page } = await agent.drover(['lb', '--json']);
  expect([lbCode, JSON.parse(page)]).toMatchObject([0, { haproxy: null, listeners: expect.any(Array) }]);
  const { stdout: why } = await agent.drover(['why', 'lb', 'tcp://:9']);
  expect(why).toContain('Nothing listens on port 9 of this host: the connection is refused.');
});
