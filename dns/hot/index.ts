export { addressNumber, addressText } from './address-number.ts';
export type { Entry } from './entry.ts';
export {
  createHotPath,
  type HotPath,
  type HotPathDependencies,
  type HotPathOptions,
  type HotStats,
} from './hot-path.ts';
export type { HotMirror, MirrorKey } from './mirror.ts';
