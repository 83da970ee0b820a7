import type { Container, Problem } from '../model/index.ts';
import type { Clock, Log } from '../system/index.ts';

export interface ResolvConfApplierDependencies {
  readonly log: Log;
  /** Default: the system's. */
  readonly clock?: Clock;
}

export interface ResolvConfApplierOptions {
  /** Our resolver's address, the only `nameserver` a container gets. */
  readonly resolver: string;
  /** The search list of a container, most important first. */
  readonly searchDomains: (container: Container) => readonly string[];
  /** Whether Docker keeps containers' files there (below its data root); called with the path resolved. */
  readonly isPathAllowed: (path: string) => boolean;
}

/** A container of this host and where Docker keeps its resolv.conf (`DockerSource.resolvConfPath`). */
export interface ResolvConfTarget {
  readonly container: Container;
  readonly path: string | null;
}

/**
 * What a container's resolver looks like. `ours`: we are its only resolver. `exempt`: not ours to set (no network, no
 * file of its own, or its labels say no). `problem`: it lacks us, lists another beside us, or cannot be written.
 */
export type ResolverState =
  | { readonly kind: 'ours' }
  | { readonly kind: 'exempt'; readonly why: string }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** Gives containers our resolver by writing their resolv.conf in place, and takes it back. */
export interface ResolvConfApplier {
  /** Brings the files of these containers to what they should say; idempotent, never rejects; one call at a time runs. */
  apply(targets: readonly ResolvConfTarget[]): Promise<ReadonlyMap<string, ResolverState>>;
  /** Reads without writing: Docker id -> state, for `drover status` and `drover doctor`. */
  inspectResolvers(targets: readonly ResolvConfTarget[]): Promise<ReadonlyMap<string, ResolverState>>;
  /** Puts back what stood there before us; for `drover down`. Gives what could not be restored. */
  restore(paths: readonly string[]): Promise<readonly Problem[]>;
  /** Ends what watches containers that are being started. Idempotent; nothing holds the process up without it. */
  close(): void;
}
