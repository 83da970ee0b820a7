import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createStartWatch } from '../../resolv-conf/start-watch.ts';
import { poll } from '../support/poll.ts';
import { createResources } from '../support/resources.ts';

const resources = createResources();
afterAll(() => resources.close());

test('reports changes of the watched file and its digest only, from before it exists, and forgets removed directories', async () => {
  const root = await mkdtemp(join(tmpdir(), 'drover-watch-'));
  resources.add('directory', () => rm(root, { recursive: true, force: true }));
  const reported = new Map<string, number>();
  const starts = createStartWatch((id) => void reported.set(id, (reported.get(id) ?? 0) + 1));
  resources.add('watch', starts.close);
  for (const id of ['one', 'two']) await mkdir(join(root, id));
  const paths = new Map(['one', 'two', 'gone'].map((id) => [id, join(root, id, 'resolv.conf')]));
  starts.follow(paths);
  expect(starts.watches('gone')).toBe(false);

  await writeFile(join(root, 'two/hosts'), 'x');
  await writeFile(join(root, 'one/resolv.conf'), 'x');
  await poll(() => reported.get('one'), { what: 'the new file' });
  const before = reported.get('one') ?? 0;
  await writeFile(join(root, 'one/resolv.conf'), 'y');
  await poll(() => (reported.get('one') ?? 0) > before, { what: 'the change in place' });
  const changed = reported.get('one') ?? 0;
  await writeFile(join(root, 'one/resolv.conf.hash'), 'x');
  await poll(() => (reported.get('one') ?? 0) > changed, { what: 'the digest that Docker writes last' });
  expect(reported.get('two')).toBeUndefined();

  await rm(join(root, 'one'), { recursive: true });
  await poll(() => !starts.watches('one'), { what: 'the removed directory to be forgotten' });
  expect(starts.watches('two')).toBe(true);
  starts.follow(new Map());
  expect(starts.watches('two')).toBe(false);
  starts.follow(paths);
  starts.close();
  starts.close();
  expect(starts.watches('two')).toBe(false);
});
