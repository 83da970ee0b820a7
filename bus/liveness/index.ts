export {
  LIVENESS_PORT,
  type Liveness,
  type LivenessDependencies,
  type LivenessOptions,
  type LivenessPeer,
  type LivenessStatus,
  type PeerLiveness,
  startLiveness,
} from './liveness.ts';
