import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The page of requirements, relative to the root of the repository. */
export const REQUIREMENTS_PAGE = 'docs/requirements.md';

const HEADING = /^## (Q\d+)\. /;
const TESTS = '- *Tests here:* ';

/** Requirement -> the test files that cite it, sorted. */
export function citedRequirements(): ReadonlyMap<string, readonly string[]> {
  const files = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .sort();
  const cited = new Map<string, string[]>();
  for (const file of files) {
    for (const requirement of new Set(readFileSync(file, 'utf8').match(/\bQ\d{1,2}\b/g))) {
      cited.set(requirement, [...(cited.get(requirement) ?? []), file]);
    }
  }
  return cited;
}

/** The page with its lists of tests replaced by those that `cited` has. */
export function renderRequirements(page: string, cited: ReadonlyMap<string, readonly string[]>): string {
  let requirement = '';
  const lines = page.split('\n').map((line) => {
    requirement = HEADING.exec(line)?.[1] ?? requirement;
    if (!line.startsWith(TESTS)) return line;
    const tests = (cited.get(requirement) ?? []).map((file) => `\`${file}\``);
    return `${TESTS}${tests.length > 0 ? tests.join(', ') : 'none yet'}`;
  });
  return lines.join('\n');
}
