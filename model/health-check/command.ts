import { ok, problem, type Result } from '../problem/result.ts';

const SUBJECT = 'command';
const EXAMPLE = 'write a shell line, or a list such as `["pg_isready", "-q"]`';
const MAX_WORDS = 100;
const MAX_LENGTH = 4_000;

/**
 * Parses the command of a check, as Compose reads `test` of a healthcheck: a text is a line for the shell of the container; a list
 * is a program with its arguments, and may begin with `CMD` or `CMD-SHELL`. A label has a list as JSON.
 */
export function parseCommand(given: unknown): Result<readonly string[]> {
  const list = typeof given === 'string' ? listIn(given) : given;
  if (list === null) return checkWords(['/bin/sh', '-c', String(given).trim()]);
  if (!Array.isArray(list)) return problem(SUBJECT, 'is not a text or a list of texts', EXAMPLE);
  const words = (list as unknown[]).map((word) => (SCALARS.has(typeof word) ? String(word) : null));
  if (words.some((word) => word === null)) return problem(SUBJECT, 'is not a list of texts', EXAMPLE);
  const [form, ...rest] = words as readonly string[];
  if (form === 'CMD') return checkWords(rest);
  if (form === 'CMD-SHELL' && rest.length === 1) return checkWords(['/bin/sh', '-c', ...rest]);
  if (form === 'CMD-SHELL') return problem(SUBJECT, 'has not one line after `CMD-SHELL`', 'write it as one text');
  return checkWords(words as readonly string[]);
}

/** As a list that parses to the same command. */
export function formatCommand(words: readonly string[]): readonly string[] {
  return words[0]?.startsWith('CMD') ? ['CMD', ...words] : words;
}

const SCALARS = new Set(['string', 'number', 'bigint', 'boolean']);

/** Null: a line for the shell, such as `[ -e /ready ]`. A list that cannot be read as JSON is no list at all. */
function listIn(text: string): unknown {
  if (!/^\s*\[\s*["\]]/.test(text)) return null;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function checkWords(words: readonly string[]): Result<readonly string[]> {
  const length = words.reduce((sum, word) => sum + word.length, 0);
  if (words.length === 0 || words[0]?.trim() === '') return problem(SUBJECT, 'has no program', EXAMPLE);
  if (words.some((word) => word.includes('\0'))) return problem(SUBJECT, 'has a NUL character', 'remove it');
  if (words.length > MAX_WORDS) return problem(SUBJECT, `has ${words.length} words`, `use at most ${MAX_WORDS}`);
  if (length > MAX_LENGTH) return problem(SUBJECT, `has ${length} characters`, `use at most ${MAX_LENGTH}`);
  return ok(words);
}
