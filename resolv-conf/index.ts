export { createResolvConfApplier } from './create-resolv-conf-applier.ts';
export { exemptionOf } from './exemption.ts';
export { type DesiredResolver, nameserversIn, originalOf, planResolvConf } from './plan.ts';
export type {
  ResolvConfApplier,
  ResolvConfApplierDependencies,
  ResolvConfApplierOptions,
  ResolvConfTarget,
  ResolverState,
} from './resolv-conf-applier.ts';
