export { addressNumber, addressText } from './address-number.ts';
export {
  createHotPath,
  type HotPath,
  type HotPathDependencies,
  type HotPathOptions,
  type HotStats,
} from './hot-path.ts';
