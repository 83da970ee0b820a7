import { afterEach, expect, test } from 'vitest';
import { createPinnedTrees } from '../../metadata/http/pinned-trees.ts';
import type { Trees } from '../../metadata/tree/tree-source.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { get } from './raw-http.ts';
import { startServer, type TestServer } from './serve.ts';
import { SHOP } from './shop.ts';

let server: TestServer | null = null;
afterEach(async () => {
  await server?.server.close();
  server = null;
});

test('requests with the same token read the same state, whatever changes in between', async () => {
  server = await startServer(SHOP);
  const { port, show } = server;
  const before = await get(port, '/latest/version?snapshot=new');
  const token = before.headers['x-snapshot'] ?? '';
  expect(token).toMatch(/^[\w-]{12}$/);
  const containers = (await get(port, `/latest/containers?snapshot=${token}`)).body;
  show({ ...SHOP, containers: SHOP.containers.slice(0, 2) });
  const still = await get(port, `/latest/version?snapshot=${token}`);
  expect([still.body, still.headers['x-snapshot']]).toEqual([before.body, token]);
  expect((await get(port, `/latest/containers?snapshot=${token}`)).body).toBe(containers);
  expect((await get(port, '/latest/containers')).body).not.toBe(containers);
  expect((await get(port, '/latest/version?snapshot=new')).headers['x-snapshot']).not.toBe(token);
});

test('a request for a pinned state does not wait, and an unknown token is 410', async () => {
  server = await startServer(SHOP);
  const { port } = server;
  const { body, headers } = await get(port, '/latest/version?snapshot=new');
  const query = `wait=true&value=${body}&maxWait=60&snapshot=${headers['x-snapshot']}`;
  expect(await get(port, `/latest/version?${query}`)).toMatchObject({ status: 200, body });
  expect(await get(port, '/latest/version?snapshot=', { Accept: 'application/json' })).toMatchObject({
    status: 410,
    body: '{"code":410,"message":"Snapshot has expired, take a new one with ?snapshot=new","type":"error"}\n',
  });
  expect((await get(port, '/latest/nope?snapshot=new')).status).toBe(404);
});

test('the next change drops an expired state', async () => {
  const clock = createFakeClock();
  server = await startServer(SHOP, { parts: { clock } });
  const { port, show } = server;
  const pinned = () => server?.server.stats().snapshots;
  await get(port, '/latest/version?snapshot=new');
  await clock.advance(9_000);
  show({ ...SHOP, containers: SHOP.containers.slice(0, 2) });
  expect(pinned()).toBe(1);
  await clock.advance(1_001);
  show(SHOP);
  expect(pinned()).toBe(0);
});

test('a state is pinned for 10 s after its last read, at most 64 states at once', async () => {
  const clock = createFakeClock();
  let trees: Trees = { versions: () => ({}), treeFor: () => null };
  const pinned = createPinnedTrees({ freeze: () => trees, clock });
  const change = (): void => {
    trees = { ...trees };
  };
  const first = pinned.pin();
  expect(pinned.pin()).toEqual(first);
  await clock.advance(9_000);
  expect(pinned.find(first.token)?.trees).toBe(trees);
  change();
  const second = pinned.pin();
  await clock.advance(9_000);
  expect([pinned.find(first.token)?.token, pinned.find(second.token)?.token]).toEqual([first.token, second.token]);
  await clock.advance(10_001);
  expect(pinned.find(first.token)).toBeNull();
  const many = Array.from({ length: 65 }, () => {
    change();
    return pinned.pin().token;
  });
  expect(many.filter((token) => pinned.find(token) !== null)).toEqual(many.slice(1));
});
