import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { canLowerPriority, withLowPriority } from '../../system/index.ts';
import { type ProcessIdentity, parseStat } from './process-identity.ts';

/** A program to run, and what identifies this version of it. */
export interface ChildSpec {
  /** File-name safe: `dns`. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Version of the program; a running child of another version, or with other arguments, is replaced. */
  readonly version: string;
  /** Further arguments for a process that starts while the one before it still serves; it runs at low priority (`withLowPriority`). */
  readonly handOverArgs?: readonly string[];
}

/** What a started child left in its pid file. */
export interface ChildRecord {
  readonly identity: ProcessIdentity;
  readonly fingerprint: string;
}

/** Exit code of the launcher when another process holds the child's lock. */
export const LOCK_HELD = 75;

/** Flag of a child that was started at low priority: the child raises its priority once it is ready. */
const GIVING_WAY = '--giving-way';

/**
 * The child writes its own pid file before it becomes the program: however its parent ends, a running child can be found.
 * Descriptor 9 is AGENT_NAMESPACE.
 */
const LAUNCH = `
read -r stat < /proc/$$/stat
read -r boot < /proc/sys/kernel/random/boot_id
printf '%s\\n%s\\n%s\\n' "$stat" "$boot" "$2" > "$1.new" && mv "$1.new" "$1" || exit 71
exec 9</proc/self/ns/net
shift 2
exec "$@"`;

/**
 * The command line that starts a child under an exclusive lock. The kernel holds the lock for the life of the process
 * (flock keeps the descriptor across exec), so two processes never run in one slot, even if two agents start them.
 */
export function launchCommand(
  runDir: string,
  slot: string,
  spec: ChildSpec,
  handOver = false,
): { readonly file: string; readonly args: string[] } {
  const lock = ['--nonblock', '--no-fork', '--conflict-exit-code', String(LOCK_HELD), lockFile(runDir, slot)];
  const launch = ['sh', '-c', LAUNCH, 'drover', pidFile(runDir, slot), fingerprintOf(spec)];
  const { file, args, handOverArgs } = spec;
  const command = [file, ...args, ...(handOver ? (handOverArgs ?? []) : [])];
  const gives = handOver && handOverArgs !== undefined && canLowerPriority();
  const program = gives ? withLowPriority([...command, GIVING_WAY]) : command;
  return { file: 'flock', args: [...lock, ...launch, ...program] };
}

/** One line that differs for another version or other arguments. */
export function fingerprintOf({ file, args, version }: ChildSpec): string {
  return JSON.stringify([version, file, ...args]);
}

/** The record of the child started last in this slot; null if there is none, or it cannot be parsed. */
export async function readRecord(runDir: string, slot: string): Promise<ChildRecord | null> {
  const text = await readFile(pidFile(runDir, slot), 'utf8').catch(() => '');
  const [stat = '', bootId = '', fingerprint = ''] = text.split('\n');
  const parsed = parseStat(stat);
  if (parsed === null || bootId === '') return null;
  return { identity: { pid: parsed.pid, startTicks: parsed.startTicks, bootId }, fingerprint };
}

/** Makes the directory of locks and pid files if it is missing. */
export async function prepareRunDir(runDir: string): Promise<void> {
  await mkdir(runDir, { recursive: true, mode: 0o755 });
}

export function lockFile(runDir: string, slot: string): string {
  return join(runDir, `${slot}.lock`);
}

export function pidFile(runDir: string, slot: string): string {
  return join(runDir, `${slot}.pid`);
}
