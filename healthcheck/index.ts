export * from './checker.ts';
export { createTargetFollower } from './follow-targets.ts';
export { type HaproxyProcess, haproxyCommand, haproxyFiles } from './haproxy/kept-haproxy.ts';
export { type DampingSettings, defaultDampingSettings } from './opinion/damping.ts';
export type { VoteChanges } from './opinion/opinions.ts';
export * from './opinion/target.ts';
export * from './recreate/index.ts';
export { createVotes, VOTE_PREFIX, type VoteContext, type Votes } from './votes.ts';
