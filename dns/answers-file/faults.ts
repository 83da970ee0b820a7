import type { Problem } from '../../model/index.ts';
import type { Path } from './text.ts';

/** Collects the faults of a file. Keeps the first ones and counts the rest. */
export interface Faults {
  add(path: Path, what: string, hint: string): void;
  read(): readonly Problem[];
}

const MAX_KEPT = 20;

export function createFaults(file: string, lineOf: (path: Path) => number | null): Faults {
  const problems: Problem[] = [];
  let more = 0;
  return {
    add: (path, what, hint) => {
      if (problems.length >= MAX_KEPT) {
        more += 1;
        return;
      }
      const line = lineOf(path);
      problems.push({ subject: `${file}${line === null ? '' : `:${line}`} ${formatPath(path)}`.trim(), what, hint });
    },
    read: () => {
      if (more === 0) return problems;
      const rest = { subject: file, what: `has ${more} more faults`, hint: 'fix the faults above first' };
      return [...problems, rest];
    },
  };
}

/** `default.a["web.shop."]`. */
function formatPath(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^\w+$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}
