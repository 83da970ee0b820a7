import { bump } from '../layout/publication.ts';
import type { SweepDependencies } from './dependencies.ts';

/** Tells all readers that these groups have changed. */
export async function bumpGroups(
  { api, keys }: Pick<SweepDependencies, 'api' | 'keys'>,
  groups: readonly string[],
): Promise<void> {
  for (const group of new Set(groups)) await api.transact([bump(keys.group(group))]);
}
