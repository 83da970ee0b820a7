import { readFileSync } from 'node:fs';
import { USED_KEYS } from '../sources/index.ts';

/** The page, relative to the root of the repository. */
export const MANIFEST_PAGE = 'docs/manifests.md';

const BEGIN = '<!-- keys: written by scripts/write-manifest-reference.ts -->';
const END = '<!-- end of keys -->';

/** The current page with its table of keys replaced by the one that the code defines. */
export function renderManifestPage(): string {
  const page = readFileSync(MANIFEST_PAGE, 'utf8');
  const [before = '', rest = ''] = page.split(BEGIN);
  return `${before}${BEGIN}\n${renderKeys()}\n${END}${rest.split(END)[1] ?? ''}`;
}

function renderKeys(): string {
  const rows = USED_KEYS.map(({ key, from, meaning }) => `| \`${key}\` | ${from} | ${meaning} |`);
  return ['| key of a service | from | meaning |', '|---|---|---|', ...rows].join('\n');
}
