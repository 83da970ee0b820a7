import { expect, test } from 'vitest';
import { ACCEPTED, REFUSED } from './cases.ts';
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
