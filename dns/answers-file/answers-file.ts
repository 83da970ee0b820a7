import { formatProblem, type Problem } from '../../model/index.ts';
import { type Clock, type Log, oneAtATime } from '../../system/index.ts';
import { type Answers, countNames, NO_ANSWERS } from './answers.ts';
import type { ParsedAnswers } from './parse.ts';
import { readAnswers } from './read-answers.ts';

/** An answers file and its newest usable content. */
export interface AnswersFile {
  current(): Answers;
  /** Problems of the last reading: entries that were left out, or why the file was not used. */
  problems(): readonly Problem[];
  status(): AnswersFileStatus;
  /**
   * Reads the file again. If it cannot be read, the answers stay; invalid entries are left out. One reading at a time: a call
   * during a reading waits for the next one. Rejects only when closed.
   */
  reload(): Promise<Reloaded>;
}

export interface AnswersFileStatus {
  readonly names: number;
  /** When the answers in use were read, milliseconds since the epoch; null before the first reading. */
  readonly loadedAtMs: number | null;
  /** Number of successful readings. */
  readonly revision: number;
  /** Number of failed readings. */
  readonly failures: number;
}

export interface Reloaded {
  /** False: the file could not be read, and the answers before it stay in use. */
  readonly ok: boolean;
  /** What is wrong with the file. */
  readonly problems: readonly Problem[];
}

/** Reads the file for the first time. A missing file means no answers yet. Rejects if the file exists but cannot be read. */
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
    log.error(
      { problems: reasons.map(formatProblem) },
      'the answers file cannot be read; the answers before it stay in use',
    );
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
    log.warn({ path }, 'the answers file does not exist; no names are answered until it is created and reloaded');
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
  return { subject: path, what: 'does not exist', hint: 'create it, then send SIGHUP or POST /v1/reload' };
}
