import type { DockerSource, DockerSourceDependencies, DockerSourceOptions } from './docker-source.ts';

/** A source for one Docker Engine; nothing happens before `run`. */
export function createDockerSource(
  _dependencies: DockerSourceDependencies,
  _options: DockerSourceOptions,
): DockerSource {
  throw new Error('not yet');
}
