import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDockerSource } from '../../support/docker-source.ts';
import { told, untilEqual } from '../../support/docker-truth.ts';
import { type Engine, startEngine } from '../../support/engine.ts';
import { poll } from '../../support/poll.ts';
import { createResources } from '../../support/resources.ts';
import { createTestHost } from '../../support/test-host.ts';

const resources = createResources();
let engine: Engine;

beforeAll(async () => {
  const host = await createTestHost(resources, 'restart');
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
});
afterAll(() => resources.close());

test('dockerd is killed or stopped and started again: facts stay meanwhile, and are correct soon after', async () => {
  await engine.run('always', { StopTimeout: 1, HostConfig: { RestartPolicy: { Name: 'always' } } });
  await engine.run('once', { StopTimeout: 1 });
  const under = startDockerSource(resources, engine.socketPath, { resyncIntervalMs: 30_000 });
  await under.nextSync();
  const before = told(under);
  expect(before).toMatch(/always running .*once running/);

  await engine.stop('SIGKILL');
  await poll(() => !under.source.status().connected, { what: 'the loss to be noticed' });
  expect(told(under)).toBe(before);
  await engine.start();
  await under.until('always', 'running again', ({ startCount, state }) => startCount > 1 && state === 'running');
  await untilEqual(engine, under);

  await engine.stop();
  await poll(() => !under.source.status().connected, { what: 'the loss to be noticed' });
  expect(under.containers()).toHaveLength(2);
  await engine.start();
  await poll(() => under.source.status().connected, { what: 'the connection' });
  await untilEqual(engine, under);
  expect(under.container('once').state).toBe('stopped');
});
