import { createTwoFilesPatch } from 'diff';
import { formatProblem, type Problem } from '../model/index.ts';
import type { RunCommand } from '../system/index.ts';
import { reasonOf } from './compile.ts';
import { type FileState, type Owner, ownerOf, readDestination, stage } from './destination.ts';
import type { TemplateSpec } from './template-spec.ts';

/** The result for one file. */
export type Outcome =
  | { readonly kind: 'unchanged' }
  /** `difference`: a unified diff. */
  | { readonly kind: 'written' | 'would-write'; readonly difference: string }
  /** The old version stays in place. */
  | { readonly kind: 'failed'; readonly problem: Problem }
  /** The new version is in place, but the reload failed and must be retried. */
  | { readonly kind: 'reload-failed'; readonly problem: Problem };

export interface KeepOptions {
  /** Returns the difference, and neither writes a file nor runs a command. */
  readonly dry: boolean;
  /** Runs the reload command even if the file is unchanged, because the last reload failed. */
  readonly reload: boolean;
  readonly signal: AbortSignal;
}

const COMMAND_TIMEOUT_MS = 60_000;
const CHECK_HINT = 'correct the template or the values it shows; the old file stays in place';

/** Writes a file if its content, mode or owner is not as wanted. Never rejects. */
export async function keepFile(
  run: RunCommand,
  spec: TemplateSpec,
  content: string,
  options: KeepOptions,
): Promise<Outcome> {
  try {
    const before = await readDestination(spec.destination);
    const owner = await ownerOf(spec.owner, run);
    if (before !== null && isAsWanted(before, { content, owner, mode: spec.mode }))
      return options.reload && !options.dry ? await reload(run, spec, options.signal) : { kind: 'unchanged' };
    const difference = differenceOf(spec.destination, before, content);
    if (options.dry) return { kind: 'would-write', difference };
    const staged = await stage(spec, content, { owner, before });
    try {
      const files = { src: staged.path, dest: spec.destination };
      const failure = await commandProblem(run, spec.check, files, options.signal);
      if (failure !== null) return failed(spec, `the check failed: ${failure}`, CHECK_HINT);
      await staged.commit();
    } finally {
      await staged.discard();
    }
    const reloaded = await reload(run, spec, options.signal);
    return reloaded.kind === 'reload-failed' ? reloaded : { kind: 'written', difference };
  } catch (error) {
    return failed(spec, reasonOf(error), 'fix the cause; the old file stays in place, and Drover retries');
  }
}

function isAsWanted(
  file: FileState,
  { content, owner, mode }: { readonly content: string; readonly owner: Owner; readonly mode: number | null },
): boolean {
  return (
    file.content === content &&
    (mode ?? file.mode) === file.mode &&
    (owner.uid ?? file.uid) === file.uid &&
    (owner.gid ?? file.gid) === file.gid
  );
}

async function reload(run: RunCommand, spec: TemplateSpec, signal: AbortSignal): Promise<Outcome> {
  const { destination } = spec;
  const failure = await commandProblem(run, spec.reload, { src: destination, dest: destination }, signal);
  if (failure === null) return { kind: 'unchanged' };
  const { problem } = failed(
    spec,
    `the reload command failed: ${failure}`,
    'fix the cause; the new file is in place, and Drover retries the reload',
  );
  return { kind: 'reload-failed', problem };
}

/** Null when the command succeeds, or there is none. */
async function commandProblem(
  run: RunCommand,
  command: string | null,
  files: { readonly src: string; readonly dest: string },
  signal: AbortSignal,
): Promise<string | null> {
  if (command === null) return null;
  const text = command.replace(/\{\{\s*\.?(src|dest)\s*\}\}/g, (_, name: 'src' | 'dest') => quoted(files[name]));
  const options = { timeoutMs: COMMAND_TIMEOUT_MS, signal, untilExit: true };
  return run('/bin/sh', ['-c', text], options).then(() => null, reasonOf);
}

/** Quotes a path for the shell if necessary. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

function failed(
  spec: TemplateSpec,
  what: string,
  hint: string,
): { readonly kind: 'failed'; readonly problem: Problem } {
  return { kind: 'failed', problem: { subject: spec.destination, what, hint } };
}

function differenceOf(path: string, before: FileState | null, content: string): string {
  const patch = createTwoFilesPatch(before ? path : '/dev/null', path, before?.content ?? '', content, '', '', {
    context: 3,
  });
  return patch.replace(/^=+\n/, '');
}

/** One line for users. */
export function describeOutcome(spec: Pick<TemplateSpec, 'destination'>, outcome: Outcome): string {
  switch (outcome.kind) {
    case 'unchanged':
      return `${spec.destination}: unchanged`;
    case 'written':
      return `${spec.destination}: written`;
    case 'would-write':
      return `${spec.destination}: would be written`;
    default:
      return formatProblem(outcome.problem);
  }
}
