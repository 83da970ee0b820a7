import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Bus, createConsulBus } from '../../bus/index.ts';
import { systemClock } from '../../system/index.ts';
import { observeBus } from '../support/bus-observer.ts';
import { type ConsulCluster, startConsulCluster } from '../support/consul.ts';
import { createResources } from '../support/resources.ts';
import { testLog } from '../support/test-log.ts';

const resources = createResources();
const { signal } = new AbortController();
let cluster: ConsulCluster;
let sessionFile: string;

beforeAll(async () => {
  cluster = await startConsulCluster(resources, { servers: 1 });
  const dir = await mkdtemp(join(tmpdir(), 'drover-session-'));
  resources.add(dir, () => rm(dir, { recursive: true }));
  sessionFile = join(dir, 'run', 'session.json');
});
afterAll(() => resources.close());

function connect(file?: string): Bus {
  const options = { address: cluster.urls[0] as string, ...(file ? { sessionFile: file } : {}) };
  const bus = createConsulBus({ clock: systemClock, log: testLog('bus') }, options);
  resources.add('a bus', () => bus.close());
  return bus;
}
const savedSession = async () => (JSON.parse(await readFile(sessionFile, 'utf8')) as { session: string }).session;

test('a restarted agent continues its session and lease, and its facts never disappear', async () => {
  const observer = observeBus(resources, connect());
  const before = connect(sessionFile);
  await (await before.join('a', signal)).publish(new Map([['n', 1]]));
  const session = await savedSession();
  await before.close();

  const after = connect(sessionFile);
  const lease = await after.join('a', signal);
  expect(await savedSession()).toBe(session);
  await observer.until('the facts of the run before', () => observer.fact('a', 'n') === 1);
  await lease.publish(new Map([['m', 2]]));
  await observer.until('the new facts', () => observer.fact('a', 'm') === 2 && observer.fact('a', 'n') === undefined);
  expect(observer.gone).toEqual([]);
  await lease.close();
  await observer.until('the end', () => !observer.hosts.has('a'));
});

test('a session file is ignored if it is damaged, of another host, or of an ended session', async () => {
  const bus = connect(sessionFile);
  for (const text of [
    '',
    '{',
    'null',
    '{"hostId":"b","session":"x"}',
    `{"hostId":"a","session":"${crypto.randomUUID()}"}`,
  ]) {
    await writeFile(sessionFile, text);
    const lease = await bus.join('a', signal);
    await lease.publish(new Map([['n', 1]]));
    expect(await savedSession()).toMatch(/^[0-9a-f-]{36}$/);
    await lease.close();
  }
});

test('of two agents with one host id, the first learns that it lost its lease', async () => {
  const [one, two] = [connect(), connect()];
  const first = await one.join('same-id', signal);
  await first.publish(new Map([['n', 1]]));
  const second = await two.join('same-id', signal);
  await expect(first.publish(new Map([['n', 2]]))).rejects.toThrow();
  expect(first.lost.aborted).toBe(true);
  await second.publish(new Map([['n', 3]]));
});
