import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createStartWatch } from '../../resolv-conf/start-watch.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const resources = createResources();
afterAll(() => resources.close());

test('tells of the one file, from before it exists; forgets a directory that is removed, and everything when closed', async () => {
  const root = await mkdtemp(join(tmpdir(), 'drover-watch-'));
  resources.add('directory', () => rm(root, { recursive: true, force: true }));
  const starts = createStartWatch();
  resources.add('watch', starts.close);
  const told = new Map<string, number>();
  for (const id of ['one', 'two']) {
    await mkdir(join(root, id));
    starts.enter(id, join(root, id, 'resolv.conf'), () => void told.set(id, (told.get(id) ?? 0) + 1));
  }
  starts.enter('gone', join(root, 'gone/resolv.conf'), () => {});
  expect(starts.watches('gone')).toBe(false);

  await writeFile(join(root, 'two/hosts'), 'x');
  await writeFile(join(root, 'one/resolv.conf'), 'x');
  await poll(() => told.get('one'), { what: 'the new file' });
  const before = told.get('one') ?? 0;
  await writeFile(join(root, 'one/resolv.conf'), 'y');
  await poll(() => (told.get('one') ?? 0) > before, { what: 'the change in place' });
  expect(told.get('two')).toBeUndefined();

  await rm(join(root, 'one'), { recursive: true });
  await poll(() => !starts.watches('one'), { what: 'the removed directory to be forgotten' });
  expect(starts.watches('two')).toBe(true);
  starts.close();
  starts.close();
  expect(starts.watches('two')).toBe(false);
});
