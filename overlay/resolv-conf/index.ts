export { createResolvConfApplier } from './create-resolv-conf-applier.ts';
export type {
  ResolvConfApplier,
  ResolvConfApplierDependencies,
  ResolvConfApplierOptions,
  ResolvConfTarget,
  ResolverState,
} from './resolv-conf-applier.ts';
