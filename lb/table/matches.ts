import type { HostPattern, PathPattern } from '../../model/index.ts';

/** Whether a text matches a regular expression; null: that takes too long to find out. */
export type TestRegex = (regex: string, text: string) => boolean | null;

/** Takes as long as it takes. */
export const testRegex: TestRegex = (regex, text) => new RegExp(regex, 'u').test(text);

/** Whether a host (lower case, without port) or a path (without query) matches. The texts of patterns that ignore case are lower case. Null: as `test` says. */
export function matches(
  { kind, text }: HostPattern | PathPattern,
  given: string,
  test: TestRegex = testRegex,
): boolean | null {
  switch (kind) {
    case 'exact':
      return given === text;
    case 'prefix':
      return given.toLowerCase().startsWith(text);
    case 'suffix':
      return given.toLowerCase().endsWith(text);
    case 'segment': {
      const lower = given.toLowerCase();
      return lower === text || lower.startsWith(text.endsWith('/') ? text : `${text}/`);
    }
    case 'regex':
      return test(text, given);
  }
}
