import { createReadStream } from 'node:fs';
import type { Engine } from './engine.ts';
import { poll } from './poll.ts';

export const BASE_IMAGE = 'drover-base:latest';

/** Imports a minimal Debian (scripts/fetch-base) for programs that need glibc; returns the tag. */
export async function importBaseImage({ docker }: Pick<Engine, 'docker'>): Promise<string> {
  const [repo, tag] = BASE_IMAGE.split(':') as [string, string];
  const stream = await docker.importImage(createReadStream('.tools/base-bookworm.tar'), { repo, tag });
  stream.resume();
  await poll(() => docker.getImage(BASE_IMAGE).inspect(), { what: 'the base image', timeoutMs: 60_000 });
  return BASE_IMAGE;
}
