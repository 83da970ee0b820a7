import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startDockerSource } from '../../support/docker-source.ts';
import { untilEqual } from '../../support/docker-truth.ts';
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
  host = await createTestHost(resources, 'faults');
  engine = await startEngine(resources, host);
  await engine.buildBusybox();
  proxy = await startUnixProxy(resources, join(host.dir, 'proxy.sock'), engine.socketPath);
});
afterAll(() => resources.close());
beforeEach(async () => {
  const containers = await engine.docker.listContainers({ all: true });
  await Promise.all(containers.map(({ Id }) => engine.docker.getContainer(Id).remove({ force: true })));
});

/** Starts, restarts, stops and removes some containers, several at a time. */
async function churn(prefix: string, rounds: number): Promise<void> {
  const one = async (index: number): Promise<void> => {
    const container = await engine.run(`${prefix}${index}`);
    for (let round = 0; round < rounds; round += 1) {
      if (round % 2 === 0) await container.restart({ t: 0 });
      else {
        await container.kill();
        await container.start();
      }
    }
    if (index % 3 === 1) await container.kill();
    if (index % 3 === 2) await container.remove({ force: true });
  };
  await Promise.all([0, 1, 2, 3, 4, 5].map(one));
}

test('Q17: a restart storm with lost, late and duplicate events: facts equal the list in the end', async () => {
  const under = startDockerSource(resources, proxy.socketPath, { resyncIntervalMs: 2000 });
  await under.nextSync();
  Object.assign(proxy.faults, { dropEvents: 0.1, delayEventsMs: 400, repeatEvents: 0.1 });
  await churn('storm', 3);
  expect(proxy.dropped()).toBeGreaterThan(0);
  await untilEqual(engine, under);
  Object.assign(proxy.faults, { dropEvents: 0, delayEventsMs: 0, repeatEvents: 0 });
  await under.stop();
});

test('Q17: all events lost: the next comparison repairs the facts, also after an incomplete start', async () => {
  const under = startDockerSource(resources, proxy.socketPath, { resyncIntervalMs: 1500 });
  await under.nextSync();
  proxy.faults.dropEvents = 1;
  const stays = await engine.run('unheard');
  await engine.docker.createNetwork({ Name: 'unheard-net' });
  await untilEqual(engine, under);
  await poll(() => under.networks().some(({ name }) => name === 'unheard-net'), {
    what: 'the network whose event was lost',
  });
  await stays.kill();
  await untilEqual(engine, under);
  await stays.remove();
  await untilEqual(engine, under);
  proxy.faults.dropEvents = 0;
  await under.stop();
});

test('Q17: truncated replies and closed connections: facts equal the list in the end', async () => {
  const under = startDockerSource(resources, proxy.socketPath, { resyncIntervalMs: 1500 });
  await under.nextSync();
  proxy.faults.cutAnswers = 0.1;
  await churn('cut', 1);
  proxy.cutAll();
  await engine.run('after-cut');
  proxy.faults.cutAnswers = 0;
  await untilEqual(engine, under, 25_000);
  await under.stop();
});

test('Q1: a die event ends a container even if Docker does not respond', async () => {
  const killed = await engine.run('killed');
  const leaves = await engine.run('leaves');
  const under = startDockerSource(resources, proxy.socketPath, { resyncIntervalMs: 3_600_000 });
  await under.nextSync();
  proxy.faults.stall = true;
  await engine.docker.getNetwork('bridge').disconnect({ Container: leaves.id });
  await under.until('leaves', 'no address', ({ state, addresses }) => state === 'running' && addresses.length === 0);
  await killed.kill();
  const stopped = await under.until('killed', 'stopped', ({ state }) => state === 'stopped');
  expect(stopped).toMatchObject({ addresses: [], ports: [], health: null });
  await killed.remove();
  await under.untilGone('killed');
  // Docker does not respond: the last facts stay, and identify() gives up in time.
  const began = performance.now();
  expect(await under.source.identify('172.17.0.99')).toBe(false);
  // A quarter of a second by design; the rest is for a busy machine.
  expect(performance.now() - began).toBeLessThan(5_000);
  proxy.faults.stall = false;
  await under.stop();
});

test('Q1: a reply older than a die event does not revive the container', async () => {
  const container = await engine.run('lately');
  const under = startDockerSource(resources, proxy.socketPath, { resyncIntervalMs: 3_600_000 });
  await under.nextSync();
  proxy.faults.delayAnswersMs = 500;
  await container.rename({ name: 'later' });
  await container.kill();
  await under.until('lately', 'stopped', ({ state }) => state === 'stopped');
  const from = under.heard.length;
  // The inspection of the renamed, running container arrives now; the one triggered by the die event arrives later.
  await under.until('later', 'looked at again', ({ state }) => state === 'stopped');
  const states = under.heard.slice(from).map(({ value }) => (value as { state?: string } | null)?.state);
  expect([...new Set(states)]).toEqual(['stopped']);
  proxy.faults.delayAnswersMs = 0;
  await under.stop();
});
