import { randomUUID } from 'node:crypto';
import { link, mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../system/index.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The permanent id of this host: the file `host-id` in the data directory, made once. A file without a UUID is moved aside. */
export async function ensureHostId(log: Log, dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'host-id');
  const found = await readId(path);
  if (found !== null && UUID.test(found)) return found;
  if (found !== null) {
    await rename(path, `${path}.damaged`);
    log.warn({ path }, 'host id was damaged: moved the file aside, making a new id');
  }
  return makeId(path);
}

/** The id, if there is one. Changes nothing. */
export async function readHostId(dataDir: string): Promise<string | null> {
  const found = await readId(join(dataDir, 'host-id'));
  return found !== null && UUID.test(found) ? found : null;
}

async function readId(path: string): Promise<string | null> {
  return readFile(path, 'utf8').then(
    (text) => text.trim().toLowerCase(),
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw error;
    },
  );
}

/** Writes the file completely or not at all. If two processes do this at the same time, the first one wins. */
async function makeId(path: string): Promise<string> {
  const id = randomUUID();
  const draft = `${path}.${id}`;
  const file = await open(draft, 'w', 0o600);
  await file.writeFile(`${id}\n`);
  await file.sync();
  await file.close();
  try {
    await link(draft, path);
    return id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return (await readId(path)) ?? id;
  } finally {
    await unlink(draft);
  }
}
