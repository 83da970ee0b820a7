import { readFile } from 'node:fs/promises';
import { type ParsedAnswers, parseAnswers } from './parse.ts';

/** Reads and parses a file. Never rejects. */
export async function parseFile(path: string): Promise<ParsedAnswers> {
  try {
    return await parseAnswers(path, await readFile(path, 'utf8'));
  } catch (error) {
    return unreadable(path, `cannot be read: ${(error as Error).message}`, 'check that this user may read it');
  }
}

export function unreadable(subject: string, what: string, hint: string): Extract<ParsedAnswers, { ok: false }> {
  return { ok: false, problems: [{ subject, what, hint }] };
}
