import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseManifest } from '../../../../sources/manifest/index.ts';
import { ACCEPTED, REFUSED } from './cases.ts';
import { anyEnvLine, anyProject, anyReference, anyScalar, sample, withLabels } from './random.ts';
import { readBoth } from './reading.ts';

test.each(Object.entries(ACCEPTED))('Drover reads %s as `docker compose config` prints it', async (_, project) => {
  const { compose, error, drover, problems, unset } = await readBoth(project);
  expect(compose, error).not.toBeNull();
  expect(problems).toEqual([]);
  expect(drover).toEqual(compose);
  expect(unset.drover).toEqual(unset.compose);
});

test.each(Object.entries(REFUSED))('Drover names %s, which Compose refuses', async (_, { problem, ...project }) => {
  const { compose, problems } = await readBoth(project);
  expect(compose).toBeNull();
  expect(problems).toContainEqual(expect.stringMatching(problem));
});

test('plain scalars have the text that Compose gives them', async () => {
  const texts = [...new Set(sample(anyScalar, 400))];
  const { compose, error, drover } = await readBoth({ files: { 'compose.yml': withLabels(texts, false) } });
  expect(compose, error).not.toBeNull();
  expect(drover).toEqual(compose);
});

test('texts with variables mean what they mean to Compose, or both refuse them', async () => {
  const env = { SET: 'set', EMPTY: '' };
  const texts = [...new Set(sample(anyReference, 600))];
  const isRead = (text: string) =>
    parseManifest(withLabels([text], true), 'c.yml', { variables: env }).problems.length === 0;
  const good = texts.filter(isRead);
  const { compose, error, drover } = await readBoth({ files: { 'compose.yml': withLabels(good, true) }, env });
  expect(compose, error).not.toBeNull();
  expect(drover).toEqual(compose);
  const bad = texts.filter((text) => !good.includes(text)).slice(0, 20);
  for (const text of bad) {
    expect((await readBoth({ files: { 'compose.yml': withLabels([text], true) }, env })).compose, text).toBeNull();
  }
});

test('environment files mean what they mean to Compose, or both refuse them', async () => {
  const env = { SET: 'set' };
  const labels = withLabels(
    ['A', 'B', 'AB', 'x', 'Ax'].map((name) => `${'$'}{${name}-unset}`),
    true,
  );
  let accepted = 0;
  for (const lines of sample(fc.array(anyEnvLine, { maxLength: 3 }), 40)) {
    const text = `${lines.join('\n')}\n`;
    const { compose, drover, problems } = await readBoth({ files: { 'compose.yml': labels, '.env': text }, env });
    expect(problems.length === 0, JSON.stringify(text)).toBe(compose !== null);
    if (compose === null) continue;
    accepted += 1;
    expect(drover, JSON.stringify(text)).toEqual(compose);
  }
  expect(accepted).toBeGreaterThan(10);
});

test('random projects of several files are read as Compose reads them', async () => {
  let accepted = 0;
  for (const project of sample(anyProject, 40)) {
    const { compose, drover, problems } = await readBoth(project);
    if (compose === null) continue;
    accepted += 1;
    expect({ problems, drover }, JSON.stringify(project.files, null, 1)).toEqual({ problems: [], drover: compose });
  }
  expect(accepted).toBeGreaterThan(30);
});
