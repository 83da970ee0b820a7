import { formatProblem, type Problem } from '../../model/index.ts';
import { type Clock, type Log, oneAtATime } from '../../system/index.ts';
import { type Answers, countNames, NO_ANSWERS } from './answers.ts';
import type { ParsedAnswers } from './parse.ts';
import { readAnswers } from './read-answers.ts';

/** An answers file and what it said last. */
export interface AnswersFile {
  current(): Answers;
  /** What is wrong with what is used now, and with the file as it is if that is another one. */
  problems(): readonly Problem[];
  status(): AnswersFileStatus;
  /**
   * Reads it again. A file that cannot be read leaves all as it is; entries that make no sense are left out. One at a time:
   * who asks during a reading gets the one after it. Rejects only when closed.
   */
  reload(): Promise<Reloaded>;
}

export interface AnswersFileStatus {
  readonly names: number;
  /** When what is used now was read, milliseconds since the epoch; null before. */
  readonly loadedAtMs: number | null;
  /** How often it was read with success. */
  readonly revision: number;
  /** Readings that failed. */
  readonly failures: number;
}

export interface Reloaded {
  /** False: the file could not be read, and the answers before it stay in use. */
  readonly ok: boolean;
  /** What is wrong with the file. */
  readonly problems: readonly Problem[];
}

/** Reads the file for the first time: a missing one means no answers yet. Rejects when it is there and cannot be read. */
export async function openAnswersFile(
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  { path, signal }: { readonly path: string; readonly signal: AbortSignal },
): Promise<AnswersFile> {
  let answers = NO_ANSWERS;
  let problems: readonly Problem[] = [];
  let status: AnswersFileStatus = { names: 0, loadedAtMs: null, revision: 0, failures: 0 };

  const use = (read: Extract<ParsedAnswers, { ok: true }>): Reloaded => {
    ({ answers, problems } = read);
    const names = countNames(answers);
    status = { ...status, names, loadedAtMs: clock.now(), revision: status.revision + 1 };
    for (const problem of problems) log.warn({}, formatProblem(problem));
    log.info({ names, path }, 'answers loaded');
    return { ok: true, problems };
  };
  const failed = (reasons: readonly Problem[]): Reloaded => {
    status = { ...status, failures: status.failures + 1 };
    problems = reasons;
    log.error({ problems: reasons.map(formatProblem) }, 'the answers file cannot be read, the last good one is used');
    return { ok: false, problems: reasons };
  };
  const load = async (): Promise<Reloaded> => {
    const read = await readAnswers(path, { signal, isServing: true });
    if (read.ok === 'missing') return failed([missing(path)]);
    if (!read.ok) return failed(read.problems);
    return use(read);
  };

  const first = await readAnswers(path, { signal, isServing: false });
  if (first.ok === 'missing') {
    problems = [missing(path)];
    log.warn({ path }, 'there is no answers file: nothing is answered from it until it is there and read again');
  } else if (!first.ok) throw new Error(first.problems.map(formatProblem).join('\n'));
  else use(first);
  return {
    current: () => answers,
    problems: () => problems,
    status: () => status,
    reload: oneAtATime(load),
  };
}

function missing(path: string): Problem {
  return { subject: path, what: 'is not there', hint: 'write it, then send SIGHUP or POST /v1/reload' };
}
