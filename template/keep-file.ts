import { createTwoFilesPatch } from 'diff';
import { formatProblem, type Problem } from '../model/index.ts';
import type { RunCommand } from '../system/index.ts';
import { reasonOf } from './compile.ts';
import { type FileState, ownerOf, readDestination, stage } from './destination.ts';
import type { TemplateSpec } from './template-spec.ts';

/** What became of a file. */
export type Outcome =
  | { readonly kind: 'unchanged' }
  /** `difference`: a unified diff. */
  | { readonly kind: 'written' | 'would-write'; readonly difference: string }
  /** The new version is not in place, the old one is. */
  | { readonly kind: 'failed'; readonly problem: Problem }
  /** The new version is in place, and its reload failed: it is tried again. */
  | { readonly kind: 'reload-failed'; readonly problem: Problem };

export interface KeepOptions {
  /** Shows what would be written, and writes and runs nothing. */
  readonly dry: boolean;
  /** Runs the reload command even when nothing changed: it failed the last time. */
  readonly reload: boolean;
  readonly signal: AbortSignal;
}

const COMMAND_TIMEOUT_MS = 60_000;

/** Brings a file to its wanted content. Never rejects: what fails hurts this file alone. */
export async function keepFile(
  run: RunCommand,
  spec: TemplateSpec,
  content: string,
  options: KeepOptions,
): Promise<Outcome> {
  try {
    const before = await readDestination(spec.destination);
    const owner = await ownerOf(spec.owner, run);
    const asWanted =
      before !== null &&
      before.content === content &&
      (spec.mode ?? before.mode) === before.mode &&
      (owner.uid ?? before.uid) === before.uid &&
      (owner.gid ?? before.gid) === before.gid;
    if (asWanted)
      return options.reload && !options.dry ? await reload(run, spec, options.signal) : { kind: 'unchanged' };
    const difference = differenceOf(spec.destination, before, content);
    if (options.dry) return { kind: 'would-write', difference };
    const staged = await stage(spec, content, { owner, before });
    const unfit = await commandProblem(run, spec.check, { src: staged.path, dest: spec.destination }, options.signal);
    if (unfit !== null) {
      await staged.discard();
      return failed(
        spec,
        `the check says no: ${unfit}`,
        'the file before stays; correct the template or what it shows',
      );
    }
    await staged.commit();
    const reloaded = await reload(run, spec, options.signal);
    return reloaded.kind === 'reload-failed' ? reloaded : { kind: 'written', difference };
  } catch (error) {
    return failed(spec, reasonOf(error), 'the file before stays; it is tried again');
  }
}

async function reload(run: RunCommand, spec: TemplateSpec, signal: AbortSignal): Promise<Outcome> {
  const { destination } = spec;
  const failure = await commandProblem(run, spec.reload, { src: destination, dest: destination }, signal);
  if (failure === null) return { kind: 'unchanged' };
  const { problem } = failed(
    spec,
    `the reload command fails: ${failure}`,
    'the new file is in place; it is tried again',
  );
  return { kind: 'reload-failed', problem };
}

/** Null when it ends well, or there is none. */
async function commandProblem(
  run: RunCommand,
  command: string | null,
  files: { readonly src: string; readonly dest: string },
  signal: AbortSignal,
): Promise<string | null> {
  if (command === null) return null;
  const text = command.replace(/\{\{\s*\.?(src|dest)\s*\}\}/g, (_, name: 'src' | 'dest') => quoted(files[name]));
  return run('/bin/sh', ['-c', text], { timeoutMs: COMMAND_TIMEOUT_MS, signal }).then(() => null, reasonOf);
}

/** For the shell, where it needs it. */
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

/** One line for people. */
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
