import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { runCommand } from '../../../system/index.ts';
import { startDockerSource } from '../../support/docker-source.ts';
import { told, untilEqual } from '../../support/docker-truth.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost, type TestHost } from '../../support/test-host.ts';
import { startUnixProxy, type UnixProxy } from '../../support/unix-proxy.ts';

const resources = createResources();
let host: TestHost;
let engine: Engine;
let proxy: UnixProxy;

beforeAll(async () => {
  host = await createTestHost(resources, 'outage');
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
  proxy = await startUnixProxy(resources, join(host.dir, 'proxy.sock'), engine.socketPath);
});
afterAll(() => resources.close());
beforeEach(async () => {
  const containers = await engine.docker.listContainers({ all: true });
  await Promise.all(containers.map(({ Id }) => engine.docker.getContainer(Id).remove({ force: true })));
});

test('invalid replies, then refused connections: the last facts stay, status and log report it once, and the source recovers', async () => {
  await engine.run('steady');
  const under = startDockerSource(resources, proxy.socketPath, { resyncIntervalMs: 1000 });
  await under.nextSync();
  const before = told(under);
  proxy.faults.nonsense = '<html>no Docker here</html>';
  proxy.cutAll();
  const why = () => under.source.status().problem?.what ?? '';
  await poll(() => why().includes('cannot be parsed'), { what: 'status to name the nonsense' });
  await poll(() => under.warnings.length > 0, { what: 'a line in the log' });
  expect(under.source.status().connected).toBe(false);
  proxy.faults.nonsense = '[{"Id": 5}]';
  expect(told(under)).toBe(before);
  proxy.faults.nonsense = null;
  proxy.faults.refuse = true;
  await poll(() => /closed|listens|ended/.test(why()), { what: 'status to name the refusal' });
  const tried = proxy.connections();
  await poll(() => proxy.connections() > tried + 4, { what: 'more attempts' });
  await under.source.identify('172.17.0.77');
  expect(told(under)).toBe(before);
  proxy.faults.refuse = false;
  await poll(() => under.source.status().connected, { what: 'the connection' });
  expect(under.source.status().problem).toBeNull();
  // One line for each reason, however many attempts there were: nonsense (two kinds), an end, a refusal.
  expect(under.warnings.length).toBeLessThanOrEqual(5);
  await engine.run('afterwards');
  await untilEqual(engine, under);
  await under.stop();
});

test('a missing socket at the start is reported once, and the source waits for it', async () => {
  const path = join(host.dir, 'later.sock');
  const under = startDockerSource(resources, path, { resyncIntervalMs: 1000 });
  await poll(() => under.source.status().problem?.what === 'the socket does not exist', { what: 'the missing socket' });
  expect(under.source.status()).toMatchObject({ connected: false, lastSyncMs: null, apiVersion: null });
  expect(under.facts.facts().size).toBe(0);
  expect(await under.source.identify('172.17.0.2')).toBe(false);
  await startUnixProxy(resources, path, engine.socketPath);
  await poll(() => under.source.status().connected, { what: 'the connection' });
  expect(under.warnings).toHaveLength(1);
  await under.stop();
});

test('status reports denied permission with a hint', async () => {
  // Asked as a user without rights: root may use every socket. The modules are read before, for the checkout may be root's.
  const script = `
    import Docker from 'dockerode';
    import { connectionProblem } from './sources/docker/engine/connection-problem.ts';
    process.setgroups([]);
    process.setuid(65534);
    await new Docker({ socketPath: ${JSON.stringify(proxy.socketPath)} }).version().then(
      () => console.log('allowed'),
      (error) => console.log(JSON.stringify(connectionProblem(error, 'the socket'))),
    );`;
  await chmod(host.dir, 0o755);
  await chmod(proxy.socketPath, 0o600);
  const answer = await runCommand(process.execPath, ['--input-type=module-typescript', '-e', script]);
  expect(JSON.parse(answer)).toMatchObject({
    what: 'permission denied for the socket',
    hint: expect.stringContaining('root'),
  });
});

test('saved facts stay until Docker responds; the first comparison removes those of containers that are gone', async () => {
  await engine.run('survivor');
  const first = startDockerSource(resources, engine.socketPath);
  await first.nextSync();
  const initialFacts = new Map(first.facts.facts());
  await first.stop();
  const ghost = { ...first.container('survivor'), id: 'f'.repeat(64), name: 'ghost' };
  initialFacts.set(`container/${ghost.id}`, ghost as never);

  const path = join(host.dir, 'seeded.sock');
  const under = startDockerSource(resources, path, { initialFacts });
  await poll(() => under.source.status().problem !== null, { what: 'the first attempt' });
  expect(
    under
      .containers()
      .map(({ name }) => name)
      .toSorted(),
  ).toEqual(['ghost', 'survivor']);
  await startUnixProxy(resources, path, engine.socketPath);
  await under.untilGone('ghost');
  expect(under.facts.facts().get(`container/${under.container('survivor').id}`)).toBe(
    initialFacts.get(`container/${under.container('survivor').id}`),
  );
  await under.stop();
});
