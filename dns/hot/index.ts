export type { FollowedKey, TableFollower } from './follower.ts';
export {
  createHotPath,
  type HotPath,
  type HotPathDependencies,
  type HotPathOptions,
  type HotStats,
} from './hot-path.ts';
export type { StoredReply } from './stored-reply.ts';
