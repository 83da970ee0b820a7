import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenderedConfig } from '../render/index.ts';
import type { LbFiles } from './lb-files.ts';

/** Younger ones may belong to a candidate. */
const REMOVE_AFTER_MS = 60_000;

/** Removes files that the configuration on disk does not name any more. */
export async function removeOldFiles(
  { directory }: LbFiles,
  { files }: Pick<RenderedConfig, 'files'>,
  nowMs: number,
): Promise<void> {
  for (const folder of ['maps', 'errors', 'lists']) {
    for (const name of await readdir(join(directory, folder)).catch(() => [])) {
      const path = join(directory, folder, name);
      const isOld = nowMs - (await stat(path)).mtimeMs >= REMOVE_AFTER_MS;
      if (isOld && !files.has(`${folder}/${name}`)) await rm(path, { force: true });
    }
  }
}
