import { readFile } from 'node:fs/promises';

/** Identifies one process: a pid is reused, a pid with its start time and boot id is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat: clock ticks between boot and the start of the process. */
  readonly startTicks: number;
  /** /proc/sys/kernel/random/boot_id at the time. */
  readonly bootId: string;
}

const TICKS_PER_SECOND = 100;

/** Parses pid, state and start time from a line of /proc/PID/stat; null if it has another form. */
export function parseStat(line: string): { pid: number; state: string; startTicks: number } | null {
  // The name in parentheses may itself hold spaces and parentheses; the fields start after the last one.
  const close = line.lastIndexOf(')');
  const fields = line.slice(close + 2).split(' ');
  const pid = Number.parseInt(line, 10);
  const startTicks = Number(fields[19]);
  if (close < 0 || !(pid > 0) || !Number.isSafeInteger(startTicks)) return null;
  return { pid, state: fields[0] ?? '', startTicks };
}

/** Whether exactly this process still runs. A zombie does not. */
export async function isRunning(identity: ProcessIdentity): Promise<boolean> {
  const text = await readFile(`/proc/${identity.pid}/stat`, 'latin1').catch(() => null);
  const now = text === null ? null : parseStat(text);
  if (now === null || now.state === 'Z' || now.state === 'X') return false;
  return now.startTicks === identity.startTicks && (await readBootId()) === identity.bootId;
}

/** The process that has this pid now; null if there is none. */
export async function identify(pid: number): Promise<ProcessIdentity | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null);
  const now = text === null ? null : parseStat(text);
  if (now === null || now.state === 'Z') return null;
  return { pid, startTicks: now.startTicks, bootId: await readBootId() };
}

/** Milliseconds the process has been running. */
export async function uptimeMs({ startTicks }: ProcessIdentity): Promise<number> {
  const seconds = Number.parseFloat(await readFile('/proc/uptime', 'latin1'));
  return Math.max(0, Math.round(seconds * 1000 - (startTicks * 1000) / TICKS_PER_SECOND));
}

async function readBootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'latin1')).trim();
}
