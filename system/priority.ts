import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Bit of CAP_SYS_NICE in a set of capabilities [capabilities(7)]. */
const CAP_SYS_NICE = 23n;
/** By how much the nice value of who gives way is higher: everybody else gets nine times as much of a core that both want. */
const STEPS = 10;
/** Weight of a session among others; without effect where control groups share out the CPU [sched(7), "The autogroup feature"]. */
const AUTOGROUP = '/proc/self/autogroup';

/** Whether a program started from here can give way and come back from there, which takes CAP_SYS_NICE. */
export function mayGiveWay(): boolean {
  return mayRaisePriority() && getPriority() <= 19 - STEPS;
}

/**
 * A command line for a program that is to let all others go first until it calls `stopGivingWay`; to be the first one of a
 * session, where `mayGiveWay`.
 */
export function givingWay(command: readonly string[]): readonly string[] {
  const script = `echo ${STEPS} 2>/dev/null >${AUTOGROUP}; exec nice -n ${STEPS} "$@"`;
  return ['sh', '-c', script, 'sh', ...command];
}

/** Puts a process started with `givingWay`, and no other, on a level with all others, with all its threads. */
export function stopGivingWay(): void {
  const before = getPriority() - STEPS;
  for (const thread of readdirSync('/proc/self/task')) raise(Number(thread), before);
  try {
    writeFileSync(AUTOGROUP, '0');
  } catch {
    // this kernel has none
  }
}

function raise(thread: number, to: number): void {
  try {
    setPriority(thread, to);
  } catch (error) {
    // a thread that has ended since it was listed
    if ((error as { readonly info?: { readonly code?: string } }).info?.code !== 'ESRCH') throw error;
  }
}

function mayRaisePriority(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> CAP_SYS_NICE) & 1n) === 1n;
}
