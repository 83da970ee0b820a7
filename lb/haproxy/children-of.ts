import { readFile } from 'node:fs/promises';

/** The workers of a master process of HAProxy: the newest, and those that finish connections after a reload. */
export async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '');
  return text
    .split(' ')
    .map(Number)
    .filter((child) => child > 0);
}
