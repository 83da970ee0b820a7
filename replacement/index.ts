export { type Claimant, type Claims, createClaims } from './claims.ts';
export type { ReplacementDependencies } from './follow.ts';
export { createRecovery, type Recovery } from './recovery.ts';
export { recreate } from './recreate.ts';
