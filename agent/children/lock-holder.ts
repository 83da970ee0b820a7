import { readFile, stat } from 'node:fs/promises';

/** The process that holds a lock (flock) on a file; null: none, or the kernel does not name it. */
export async function findLockHolder(path: string): Promise<number | null> {
  const file = await stat(path).catch(() => null);
  if (file === null) return null;
  const locks = await readFile('/proc/locks', 'latin1').catch(() => '');
  return parseLocks(locks, file);
}

/** Reads the pid from the lines of /proc/locks. Pure. */
export function parseLocks(locks: string, { dev, ino }: { readonly dev: number; readonly ino: number }): number | null {
  const major = (dev >> 8) & 0xfff;
  const minor = (dev & 0xff) | ((dev >> 12) & 0xfff00);
  const at = `${hex(major)}:${hex(minor)}:${ino}`;
  for (const line of locks.split('\n')) {
    const [, kind, , , pid, place] = line.trim().split(/\s+/);
    if (kind === 'FLOCK' && place === at) return Number(pid) || null;
  }
  return null;
}

function hex(number: number): string {
  return number.toString(16).padStart(2, '0');
}
