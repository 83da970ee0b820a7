import { runInNewContext } from 'node:vm';

const LIMIT_MS = 1_000;

/** Tests a regular expression of a user. Null: it takes longer than a second. */
export function testRegex(regex: string, text: string): boolean | null {
  try {
    return runInNewContext("new RegExp(regex, 'u').test(text)", { regex, text }, { timeout: LIMIT_MS }) as boolean;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return null;
    throw error;
  }
}
