import type { HostPattern, PathPattern } from '../../model/index.ts';

/** Whether a host (lower case, without port) or a path (without query) matches. The texts of patterns that ignore case are lower case. */
export function matches({ kind, text }: HostPattern | PathPattern, given: string): boolean {
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
      return new RegExp(text, 'u').test(given);
  }
}
