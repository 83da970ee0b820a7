import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Whether every user may use a file in the directory if the mode of the file allows it. */
export async function isReachable(directory: string): Promise<boolean> {
  const { mode } = await stat(directory);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || isReachable(parent);
}
