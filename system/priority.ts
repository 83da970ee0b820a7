import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Bit of CAP_SYS_NICE in a set of capabilities [capabilities(7)]. */
const CAP_SYS_NICE = 23n;
/** Raises the nice value by this much: other processes get nine times as much of a contended core. */
const STEPS = 10;
/** Weight of a session among others; has no effect where control groups distribute the CPU [sched(7), "The autogroup feature"]. */
const AUTOGROUP = '/proc/self/autogroup';

/** Whether a program started by this process can lower its priority and restore it, which needs CAP_SYS_NICE. */
export function canLowerPriority(): boolean {
  return mayRaisePriority() && getPriority() <= 19 - STEPS;
}

/**
 * A command line that runs the program with low priority until the program calls `restorePriority`. Requires
 * `canLowerPriority` and a session of its own for the program.
 */
export function withLowPriority(command: readonly string[]): readonly string[] {
  const script = `echo ${STEPS} 2>/dev/null >${AUTOGROUP}; exec nice -n ${STEPS} "$@"`;
  return ['sh', '-c', script, 'sh', ...command];
}

/** Restores the normal priority of all threads of this process. Only for a process started by `withLowPriority`. */
export function restorePriority(): void {
  const before = getPriority() - STEPS;
  for (const thread of readdirSync('/proc/self/task')) raise(Number(thread), before);
  try {
    writeFileSync(AUTOGROUP, '0');
  } catch {
    // This kernel has no autogroup feature.
  }
}

function raise(thread: number, to: number): void {
  try {
    setPriority(thread, to);
  } catch (error) {
    // The thread has ended since it was listed.
    if ((error as { readonly info?: { readonly code?: string } }).info?.code !== 'ESRCH') throw error;
  }
}

function mayRaisePriority(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> CAP_SYS_NICE) & 1n) === 1n;
}
