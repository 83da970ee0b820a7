import type {
  ResolvConfApplier,
  ResolvConfApplierDependencies,
  ResolvConfApplierOptions,
} from './resolv-conf-applier.ts';

/** An applier for this host's containers. */
export function createResolvConfApplier(
  _dependencies: ResolvConfApplierDependencies,
  _options: ResolvConfApplierOptions,
): ResolvConfApplier {
  throw new Error('not yet');
}
