import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { createEmbeddedBus } from '../../bus/index.ts';
import { readMirror } from '../../state/index.ts';
import { createLog, systemClock } from '../../system/index.ts';
import { startDaemon } from '../support/daemon.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const resources = createResources();
afterEach(() => resources.close());

const log = createLog('test', { level: 'silent', format: 'json' });
const writers = 2;
const killsOfEach = 15;

test('kill -9, 30 times: nothing acknowledged is lost, no file is damaged', async () => {
  await Promise.all(Array.from({ length: writers }, () => killAndCheck(killsOfEach)));
});

async function killAndCheck(kills: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'drover-kill-'));
  resources.add(dir, () => rm(dir, { recursive: true }));
  const [busPath, mirrorPath] = [join(dir, 'bus.db'), join(dir, 'mirror.db')];
  let total = 0;
  for (let round = 0; round < kills; round += 1) {
    const acknowledged = await writeUntilKilled(busPath, mirrorPath, Math.random() * 60);
    const last = await checkBus(busPath);
    expect(last).toBeGreaterThanOrEqual(acknowledged.bus);
    expect(checkMirror(mirrorPath)).toBeGreaterThanOrEqual(acknowledged.mirror);
    expect(existsSync(`${busPath}.damaged`) || existsSync(`${mirrorPath}.damaged`)).toBe(false);
    total = last;
  }
  // It did write in between.
  expect(total).toBeGreaterThan(2 * kills);
}

/** What the writer printed before it was killed. */
async function writeUntilKilled(busPath: string, mirrorPath: string, afterMs: number) {
  const script = join(import.meta.dirname, '../support/state-writer.ts');
  const writer = startDaemon(process.execPath, [script, busPath, mirrorPath]);
  resources.add('writer', () => writer.stop());
  await poll(() => /mirror \d+\n/.test(writer.stdout()), {
    what: 'the first writes',
    giveUp: writer.assertRunning,
    intervalMs: 2,
    timeoutMs: 20_000,
  });
  await sleep(afterMs);
  writer.signal('SIGKILL');
  await writer.exit;
  const newest = (kind: string) =>
    Number([...writer.stdout().matchAll(new RegExp(`^${kind} (\\d+)\\n`, 'gm'))].at(-1)?.[1]);
  return { bus: newest('bus'), mirror: newest('mirror') };
}

/** Opens the bus as a restarted agent does; the number of the last write, with all before it in place. */
async function checkBus(path: string): Promise<number> {
  const bus = createEmbeddedBus({ clock: systemClock, log }, { path, environment: 'test' });
  try {
    expect(bus.problems).toEqual([]);
    const last = Number((await bus.get('last'))?.value);
    const documents = await bus.list('document/');
    for (let n = 1; n <= last; n += 1) {
      const deleted = (n + 3) % 7 === 0 && n + 3 <= last;
      const value = documents.get(`document/${n}`)?.value as { readonly n: number } | undefined;
      // The step after the last one may have begun.
      if (n !== last - 2) expect(value?.n).toBe(deleted ? undefined : n);
    }
    return last;
  } finally {
    await bus.close();
  }
}

/** Reads the mirror as `drover dns` does without an agent; its step, which must be a whole one. */
function checkMirror(path: string): number {
  const { saved, problem } = readMirror(path);
  expect(problem).toBeNull();
  const facts = saved?.picture.hosts.get('a');
  const step = Number(facts?.get('x'));
  expect(facts?.get('y')).toBe(step);
  expect(saved?.revision).toBe(step);
  for (let n = Math.max(1, step - 49); n <= step; n += 1) {
    expect(facts?.get(`container/${n % 50}`)).toMatchObject({ step: n });
  }
  return step;
}
