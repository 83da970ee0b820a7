import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { type Log, oneAtATime } from '../../system/index.ts';
import { type Answers, isYamlFile, parseAnswers } from './answers.ts';

/** An answers file and its last valid content. */
export interface AnswersFile {
  current(): Answers;
  /** Reads the file again. If that fails, the content before stays. Resolves with what is wrong, or null. */
  reload(): Promise<string | null>;
}

const NOTHING: Answers = {};

/** Reads the file for the first time. A missing file means that there is no data yet. Rejects when the file is not valid. */
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
  else log.warn({ path }, 'the answers file does not exist; create it, then send SIGHUP or POST /v1/reload');
  const reload = async (): Promise<string | null> => {
    try {
      use(await readAnswers(path));
      return null;
    } catch (error) {
      log.error({ err: error, path }, 'cannot read the answers file; serving its last valid content');
      return error instanceof Error ? error.message : String(error);
    }
  };
  return { current: () => answers, reload: oneAtATime(reload) };
}

const MAX_BYTES = 256e6;
/** YAML is parsed at one to two megabytes per second, and a larger file would delay requests: see docs/decisions/0019. */
const SMALL_BYTES = 64 * 1024;

/** Reads an answers file: YAML if its name ends in `.yml` or `.yaml`, else JSON. Rejects with the file name and how to fix it. */
export async function readAnswers(path: string): Promise<Answers> {
  try {
    const { size } = await stat(path);
    if (size > MAX_BYTES) throw new Error('is larger than 256 MB; split it over several servers');
    if (isYamlFile(path) && size > SMALL_BYTES) return parseAnswers(await yamlAsJson(path), 'json');
    return parseAnswers(await readFile(path, 'utf8'), isYamlFile(path) ? 'yaml' : 'json');
  } catch (cause) {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

const PROGRAM = fileURLToPath(new URL('./yaml-as-json.ts', import.meta.url));

/** Converts the file in a child process. */
async function yamlAsJson(path: string): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM]);
  // If the file cannot be read to its end, the child is killed, and its exit code shows that.
  pipeline(createReadStream(path), child.stdin).catch(() => child.kill());
  const [json, problem, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code !== 0)
    throw new Error(
      problem.trim() || `could not be parsed: the parser process ended (${code}); check that there is enough memory`,
    );
  return json;
}
