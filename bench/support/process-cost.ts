import { readFileSync } from 'node:fs';

/** Clock ticks per second in /proc/PID/stat, fixed by the kernel's interface. */
const TICKS_PER_SECOND = 100;

/** CPU seconds (user and system) a process and its children have used so far. */
export function cpuSeconds(pid: number): number {
  return sum(familyOf(pid), (member) => {
    const stat = readFileSync(`/proc/${member}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  });
}

/** Resident bytes; of several processes the pages they share count once (PSS). */
export function residentBytes(pid: number): number {
  const family = familyOf(pid);
  const [file, key] = family.length === 1 ? (['status', 'VmRSS'] as const) : (['smaps_rollup', 'Pss'] as const);
  return sum(family, (member) => {
    const found = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${member}/${file}`, 'latin1'));
    return Number(found?.[1] ?? 0) * 1024;
  });
}

/** Sends a signal to a process and all that descend from it. */
export function signalFamily(pid: number, signal: NodeJS.Signals): void {
  for (const member of familyOf(pid)) process.kill(member, signal);
}

/** A process and all that descend from it. */
function familyOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1')
    .trim()
    .split(' ')
    .filter(Boolean)
    .map(Number);
  return [pid, ...children.flatMap(familyOf)];
}

function sum(pids: readonly number[], of: (pid: number) => number): number {
  return pids.reduce((total, pid) => total + of(pid), 0);
}
