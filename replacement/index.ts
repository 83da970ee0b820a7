export { findImage, type NewImage } from './apply.ts';
export { type Claim, type Claims, createClaims } from './claims.ts';
export type { ReplacementDependencies } from './follow.ts';
export { createRecovery, type Recovery } from './recovery.ts';
export { recreate } from './recreate.ts';
export { planRoll, type RollDependencies, type RollPlan, type RollSettings, roll } from './roll.ts';
