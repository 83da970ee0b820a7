import type { Engine } from './engine.ts';

/** Creates an image from the busybox image with changes as in a Dockerfile; the tag may be moved from another image. */
export async function commitImage(
  { docker }: Pick<Engine, 'docker'>,
  [repo, tag]: readonly [repo: string, tag: string],
  changes: readonly string[],
): Promise<string> {
  const base = await docker.createContainer({ Image: 'drover-busybox' });
  await base.commit({ repo, tag, changes: [...changes] });
  await base.remove();
  return (await docker.getImage(`${repo}:${tag}`).inspect()).Id;
}
