export {
  LIVENESS_PORT,
  type Liveness,
  type LivenessDependencies,
  type LivenessOptions,
  type LivenessStatus,
  type PeerLiveness,
  startLiveness,
} from './liveness.ts';
export type { LivenessPeer } from './observations.ts';
