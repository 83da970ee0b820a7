export { createDockerSource } from './create-docker-source.ts';
export type {
  DockerSource,
  DockerSourceDependencies,
  DockerSourceOptions,
  DockerSourceStatus,
} from './docker-source.ts';
export { connectionProblem } from './engine/connection-problem.ts';
