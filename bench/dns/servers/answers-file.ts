import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askerAddress, SUFFIX, stackOf } from '../../support/data-set.ts';
import type { Stage } from './contestant.ts';

/** An answers file for a data set: all names in `default`, and a section with a search list per client. */
export async function answersFile({ dir, set, records }: Stage): Promise<string> {
  const a = Object.fromEntries(records.map(({ name, addresses }) => [`${name}.`, { answer: addresses }]));
  const everybody = { search: [SUFFIX], authoritative: [SUFFIX], recurse: [], a };
  const askers = Array.from({ length: set.askers }, (_, asker) => [
    askerAddress(asker),
    { search: [`${stackOf(asker)}.${SUFFIX}`, SUFFIX] },
  ]);
  const path = join(dir, 'answers.json');
  await writeFile(path, JSON.stringify({ default: everybody, ...Object.fromEntries(askers) }));
  return path;
}
