import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { citedRequirements, REQUIREMENTS_PAGE, renderRequirements } from '../../scripts/requirement-tests.ts';

const page = readFileSync(REQUIREMENTS_PAGE, 'utf8');
const described = [...page.matchAll(/^## (Q\d+)\. /gm)].map(([, name]) => name ?? '');

test('docs/requirements.md describes all forty requirements in order, each with its list of tests', () => {
  expect(described).toEqual(Array.from({ length: 40 }, (_, index) => `Q${index + 1}`));
  expect(page.match(/^- \*Tests here:\* /gm)).toHaveLength(40);
});

test('every requirement that a test cites is described', () => {
  expect([...citedRequirements().keys()].filter((name) => !described.includes(name))).toEqual([]);
});

test(`${REQUIREMENTS_PAGE} lists the tests that cite each requirement (else: node scripts/write-requirement-tests.ts)`, () => {
  expect(page).toBe(renderRequirements(page, citedRequirements()));
});
