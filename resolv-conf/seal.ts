import { hash32 } from '../model/index.ts';

const SEAL = '# drover-sum ';

/** A comment with a sum of these lines, so that a change by another program shows. */
export function sealOf(lines: readonly string[]): string {
  const text = lines.filter((line) => !line.startsWith(SEAL)).join('\n');
  return SEAL + hash32(text.trimEnd()).toString(16).padStart(8, '0');
}

/** The seal in the text; null: there is none. */
export function sealIn(text: string): string | null {
  return text.split('\n').find((line) => line.startsWith(SEAL)) ?? null;
}

/** Whether the text is as it was sealed. */
export function isSealed(text: string): boolean {
  return sealIn(text) === sealOf(text.split('\n'));
}
