import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/** Bit of CAP_SYS_NICE in a set of capabilities [capabilities(7)]. */
const CAP_SYS_NICE = 23n;
/** By how much the nice value of who gives way is higher: everybody else gets nine times as much of a core that both want. */
const STEPS = 10;
/** Weight of a session among others; without effect where control groups share out the CPU [sched(7), "The autogroup feature"]. */
const AUTOGROUP = '/proc/self/autogroup';

/**
 * A command line for a program that is to let all others go first until it calls `stopGivingWay`; to be the first one of a
 * session. The same command line where it could not come back from there: that takes CAP_SYS_NICE.
 */
export function givingWay(command: readonly string[]): readonly string[] {
  if (!mayRaisePriority() || getPriority() > 19 - STEPS) return command;
  const script = `echo ${STEPS} 2>/dev/null >${AUTOGROUP}; exec nice -n ${STEPS} "$@"`;
  return ['sh', '-c', script, 'sh', ...command];
}

/** Puts a process started with `givingWay` on a level with all others, with all its threads. */
export function stopGivingWay(): void {
  const before = getPriority() - STEPS;
  if (before < -20 || !mayRaisePriority()) return;
  for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), before);
  try {
    writeFileSync(AUTOGROUP, '0');
  } catch {
    // this kernel has none
  }
}

function mayRaisePriority(): boolean {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  return ((BigInt(`0x${effective}`) >> CAP_SYS_NICE) & 1n) === 1n;
}
