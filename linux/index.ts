export { acceptRule, type FilterChains, planAcceptRules, readFilterChains, type WantedRules } from './accept-rules.ts';
export { type FdbEntry, readFdb } from './bridge-json.ts';
export {
  hasAddress,
  type IpLink,
  type IpNeighbour,
  type IpNetconf,
  type IpObjects,
  type IpRoute,
  type IpRule,
  isNoDevice,
  isUp,
  readDevice,
  readIp,
} from './ip-json.ts';
export { KeptProgram, type Program } from './kept-program.ts';
export { followKernel, KERNEL_INTERVAL_MS } from './kernel-events.ts';
export { parseSets, renderSetChanges, type SetElements } from './nft-sets.ts';
export {
  createNftTable,
  type NftTable,
  removeTable,
  replacedText,
  replaceTable,
  sameTable,
} from './nft-table.ts';
export type { TableId } from './nft-table-id.ts';
export { overlapsRoute, routeRange } from './overlaps-route.ts';
export { applyRemoval, applyStep, batch, formatStep, type Step, step } from './step.ts';
export { acceptArrivals, readTunnelDevice, type TunnelDevice } from './tunnel-device.ts';
