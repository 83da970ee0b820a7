import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const FOLDER = 'docs/decisions';
const pages = readdirSync(FOLDER);

test('ARCHITECTURE.md links to every decision page, with its number', () => {
  const rows = readFileSync('ARCHITECTURE.md', 'utf8').matchAll(
    /^\| (\d+) \| \[[^\]]+\]\(docs\/decisions\/([^)]+)\) \|$/gm,
  );
  const linked = [...rows].map(([, number, page]) => [Number(number), page]);
  expect(linked).toEqual(pages.toSorted().map((page) => [Number.parseInt(page, 10), page]));
});

test.each(pages)('%s is titled with its number', (page) => {
  const title = readFileSync(`${FOLDER}/${page}`, 'utf8').split('\n', 1)[0];
  expect(title).toMatch(new RegExp(`^# ${Number.parseInt(page, 10)}\\. `));
});
