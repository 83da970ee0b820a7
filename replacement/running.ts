import type Docker from 'dockerode';
import { mapConcurrently } from '../system/index.ts';
import { inspectContainer } from './observe.ts';
import type { Inspect } from './obstacles.ts';

/** The containers that run, without `id`. */
export async function inspectOthers(docker: Docker, id: string): Promise<readonly Inspect[]> {
  const others: Inspect[] = [];
  await mapConcurrently(await docker.listContainers(), 8, async ({ Id }) => {
    const found = Id === id ? null : await inspectContainer(docker, Id);
    if (found) others.push(found);
  });
  return others;
}
