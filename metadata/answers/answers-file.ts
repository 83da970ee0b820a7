import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { type Log, oneAtATime } from '../../system/index.ts';
import { type Answers, isYamlFile, parseAnswers } from './answers.ts';

/** An answers file and what it said last. */
export interface AnswersFile {
  current(): Answers;
  /** Reads it again; one that cannot be read leaves all as it is. Resolves with what is wrong, or null. */
  reload(): Promise<string | null>;
}

const NOTHING: Answers = {};

/** Reads the file for the first time: a missing one means no data yet. Rejects when it is there and makes no sense. */
export async function openAnswersFile({ log }: { readonly log: Log }, path: string): Promise<AnswersFile> {
  let answers = NOTHING;
  const use = (read: Answers): void => {
    answers = read;
    log.info({ path, versions: Object.keys(read) }, 'answers loaded');
  };
  const exists = await stat(path).then(
    () => true,
    ({ code }: NodeJS.ErrnoException) => code !== 'ENOENT',
  );
  if (exists) use(await readAnswers(path));
  else log.warn({ path }, 'there is no answers file: write it, then send SIGHUP or POST /v1/reload');
  const reload = async (): Promise<string | null> => {
    try {
      use(await readAnswers(path));
      return null;
    } catch (error) {
      log.error({ err: error, path }, 'the answers file cannot be read, the last good one is used');
      return error instanceof Error ? error.message : String(error);
    }
  };
  return { current: () => answers, reload: oneAtATime(reload) };
}

/** More is a mistake. */
const MAX_BYTES = 256e6;
/** YAML is parsed at a megabyte a second or so: more of it would keep requests waiting. */
const SMALL_BYTES = 64 * 1024;

/** Reads an answers file; YAML by its name (`.yml`, `.yaml`), else JSON. Rejects with the file's name, and how to fix it. */
export async function readAnswers(path: string): Promise<Answers> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new Error('has more than 256 MB; split it over several servers');
    if (isYamlFile(path) && size > SMALL_BYTES) return parseAnswers(await yamlAsJson(path), 'json');
    return parseAnswers(await readFile(path, 'utf8'), isYamlFile(path) ? 'yaml' : 'json');
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const PROGRAM = fileURLToPath(new URL('./yaml-as-json.ts', import.meta.url));

/** In a process of its own. */
async function yamlAsJson(path: string): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM]);
  // Where the file cannot be read to its end, or the process ends before, that shows in what it gives.
  pipeline(createReadStream(path), child.stdin).catch(() => child.kill());
  const [json, problem, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(problem.trim() || `could not be parsed: its process ended with ${code}`);
  return json;
}
