import { readFile } from 'node:fs/promises';

/**
 * Kills the process of a command in a container, and the processes that it has started: they are one process group, because the
 * runtime begins each command in a session of its own. False if this host does not see the process, such as from inside a container
 * without `pid: host`. The control group is compared, so that a process id of another namespace never hits another process.
 */
export async function killProcess(pid: number, containerId: string): Promise<boolean> {
  const group = await readFile(`/proc/${pid}/cgroup`, 'latin1').catch(() => '');
  if (pid <= 1 || !group.includes(containerId)) return false;
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') return false;
    }
  }
  // It has ended in the meantime.
  return true;
}
