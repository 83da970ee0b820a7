import { describe, expect, it } from 'vitest';
import { createTrees, NEWEST, type Value, type ValueObject } from '../../metadata/index.ts';
import type { Container, Snapshot } from '../../model/index.ts';
import { identify, viewOf } from '../../view/index.ts';
import { container, host, snapshot } from '../view/world.ts';
import { startServer } from './serve.ts';

const HOSTS = 200;
const CONTAINERS = 20_000;

/** 100 containers per host, four per service, on different hosts. */
function large() {
  const hosts = Array.from({ length: HOSTS }, (_, i) =>
    host(i === 0 ? 'a' : `h${i}`, { address: `192.0.2.${i % 250}` }),
  );
  const containers = Array.from({ length: CONTAINERS }, (_, i): Container => {
    const service = `stack${Math.floor(i / 400)}/service${Math.floor(i / 4) % 100}`;
    const labels = { 'com.docker.compose.project': 'stack', 'com.docker.compose.service': 'service', team: 'blue' };
    const hostId = hosts[i % HOSTS]?.id ?? '';
    return container(`c${i}`, service, `10.${42 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`, {
      hostId,
      serviceIndex: (i % 4) + 1,
      health: 'healthy',
      labels,
    });
  });
  return { hosts, containers };
}

function withHealth(before: Snapshot, hostId: string, id: string, health: Container['health']): Snapshot {
  const state = before.hosts.get(hostId);
  const one = state?.containers.get(id);
  if (!state || !one) throw new Error('no such container');
  const containers = new Map(state.containers).set(id, { ...one, health });
  return {
    ...before,
    revision: before.revision + 1,
    hosts: new Map(before.hosts).set(hostId, { ...state, containers }),
  };
}

function timed<T>(work: () => T): readonly [T, number] {
  const start = performance.now();
  return [work(), performance.now() - start];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

describe(`${CONTAINERS} containers on ${HOSTS} hosts`, () => {
  it('a change creates only the changed objects again', () => {
    const trees = createTrees();
    const read = (view: ReturnType<typeof viewOf>): void => {
      const tree = trees(view, NEWEST, identify(view, '10.42.0.0')) as Record<string, Value>;
      void (tree.self as ValueObject).service;
      void tree.version;
      void tree.containers;
      void tree.services;
      void tree.stacks;
    };
    let view = viewOf(snapshot(large()), 'a');
    const [, fullMs] = timed(() => read(view));
    const changes = Array.from({ length: 40 }, (_, i) => {
      view = viewOf(withHealth(view.snapshot, 'a', `c${i * HOSTS}`, i % 2 ? 'unhealthy' : 'initializing'), 'a', view);
      return timed(() => read(view))[1];
    });
    const changeMs = median(changes);
    console.log(
      `tree of ${CONTAINERS}: first ${fullMs.toFixed(0)} ms, after one change ${changeMs.toFixed(2)} ms (all lists and version)`,
    );
    expect(changeMs).toBeLessThan(fullMs / 5);
    expect(changeMs).toBeLessThan(100);
  });

  it('answers within milliseconds after a change', async () => {
    await using server = await startServer(large());
    const path = '/latest/self/container/health_state';
    await server.getAs('10.42.0.0', '/latest/version');
    const delays: number[] = [];
    const versionDelays: number[] = [];
    for (let i = 0; i < 20; i++) {
      const health = i % 2 ? 'healthy' : 'unhealthy';
      const { body: version } = await server.get('/latest/version');
      const next = withHealth(server.view().snapshot, 'a', 'c0', health);
      const waiting = server.get(`/latest/version?wait=true&value=${version}&maxWait=60`);
      while (server.server.stats().waiting === 0) await new Promise((resolve) => setImmediate(resolve));
      const start = performance.now();
      server.advance(next);
      expect((await waiting).body).not.toBe(version);
      versionDelays.push(performance.now() - start);
      const asked = performance.now();
      expect((await server.getAs('10.42.0.0', path)).body).toBe(health);
      delays.push(performance.now() - asked);
    }
    console.log(
      `change -> long poll on version answered: ${median(versionDelays).toFixed(1)} ms; then self read in ${median(delays).toFixed(1)} ms`,
    );
    expect(median(versionDelays)).toBeLessThan(100);
    expect(median(delays)).toBeLessThan(50);
  });
});
