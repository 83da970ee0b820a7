import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createLongPolls } from '../../metadata/http/long-poll.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { poll } from '../support/poll.ts';
import { get } from './raw-http.ts';
import { startServer, type TestServer } from './serve.ts';
import { SHOP, WEB_1 } from './shop.ts';

const withHealth = (health: 'healthy' | 'unhealthy') => ({
  ...SHOP,
  containers: SHOP.containers.map((one) => (one.id === WEB_1.id ? { ...one, health } : one)),
});

test('a long poll removes its disconnect listener when it ends', async () => {
  const clock = createFakeClock();
  const polls = createLongPolls({ clock });
  const listeners = new Set<() => void>();
  const onDisconnect = (listener: () => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  let value: string | null = null;
  const answered = polls.wait(() => value, 60_000, onDisconnect);
  const expired = polls.wait(() => null, 1_000, onDisconnect);
  const gone = polls.wait(() => null, 60_000, onDisconnect);
  expect(listeners.size).toBe(3);
  [...listeners].at(-1)?.();
  expect(await gone).toBeNull();
  await clock.advance(2_000);
  expect(await expired).toBeNull();
  value = 'new';
  polls.wake();
  expect(await answered).toBe('new');
  expect([listeners.size, polls.size()]).toEqual([0, 0]);
  polls.close();
});

describe('a long poll', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer(SHOP);
  });
  afterAll(() => server.server.close());
  const waitFor = (path: string, value: string, maxWait: number) =>
    server.getAs('10.42.1.7', `${path}?wait=true&value=${encodeURIComponent(value)}&maxWait=${maxWait}`);
  const settled = (count: number) => poll(() => server.server.stats().waiting === count, { what: `${count} waiters` });

  it('is answered at once if the value differs already', async () => {
    const { body } = await server.get('/latest/version');
    expect((await waitFor('/latest/version', 'init', 60)).body).toBe(body);
  });

  it('lasts as long as requested', async () => {
    const { body } = await server.get('/latest/version');
    const start = performance.now();
    expect((await waitFor('/latest/version', body, 1)).body).toBe(body);
    expect(performance.now() - start).toBeGreaterThanOrEqual(995);
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  it('ends when its value changes, and at no other change', async () => {
    const waiting = waitFor('/latest/self/container/health_state', 'healthy', 60);
    await settled(1);
    server.show({ ...SHOP, declarations: [] });
    server.show(SHOP);
    expect(server.server.stats().waiting).toBe(1);
    server.show(withHealth('unhealthy'));
    expect((await waiting).body).toBe('unhealthy');
    server.show(SHOP);
  });

  it('on `version` does not end at a new view with the same content', async () => {
    const { body } = await server.get('/latest/version');
    const waiting = waitFor('/latest/version', body, 60);
    await settled(1);
    server.show(SHOP);
    server.advance({ ...server.view().snapshot, revision: 99 });
    expect(server.server.stats().waiting).toBe(1);
    server.show(withHealth('unhealthy'));
    expect((await waiting).body).not.toBe(body);
    server.show(SHOP);
  });

  it('waits for a missing path, and is 404 if it does not appear', async () => {
    const never = waitFor('/latest/containers/shop-web-9', 'x', 1);
    const soon = waitFor('/latest/services/late/name', 'x', 60);
    await settled(2);
    server.show({
      ...SHOP,
      containers: [...SHOP.containers, { ...WEB_1, id: 'late', service: 'late', primaryService: 'late' }],
    });
    expect((await soon).body).toBe('late');
    expect(await never).toMatchObject({ status: 404, body: 'Not found\n' });
    server.show(SHOP);
  });

  it('ends for 100 clients within milliseconds, as fast as an idle server replies', async () => {
    const control = await startServer(SHOP);
    const { body } = await server.get('/latest/version');
    const changedAt: { ms: number } = { ms: 0 };
    const waiters = Array.from({ length: 100 }, async () => {
      await get(server.port, `/latest/version?wait=true&value=${body}&maxWait=60`);
      return performance.now() - changedAt.ms;
    });
    await settled(100);
    changedAt.ms = performance.now();
    server.show(withHealth('unhealthy'));
    const delays = (await Promise.all(waiters)).sort((a, b) => a - b);
    // Control: 100 simultaneous requests of the same client without a long poll.
    const start = performance.now();
    const idle = Array.from({ length: 100 }, () =>
      get(control.port, '/latest/version').then(() => performance.now() - start),
    );
    const base = (await Promise.all(idle)).sort((a, b) => a - b);
    await control.server.close();
    const [p50 = 0, p99 = 0, control99 = 0] = [delays[49], delays[98], base[98]];
    console.log(
      `100 waiters: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms; idle control p99 ${control99.toFixed(1)} ms`,
    );
    expect(p99).toBeLessThan(50 + 4 * control99);
    server.show(SHOP);
  });
});
