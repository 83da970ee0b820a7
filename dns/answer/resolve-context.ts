import type { DependencyRecorder, HostView, Scope, SearchMode } from '../../view/index.ts';

/** Settings of a server that affect resolutions. */
export interface ResolveOptions {
  /** Address of `rancher-metadata`. */
  readonly metadataAddress: string;
  readonly search?: SearchMode;
  /** Domains with a forwarding rule, lower case without trailing dot: a name without a dot among them is forwarded. */
  readonly ruled?: ReadonlySet<string>;
}

/** A question, with everything that its resolution depends on. */
export interface ResolveContext extends ResolveOptions {
  readonly view: HostView;
  readonly scope: Scope;
  readonly type: number;
  readonly recorder: DependencyRecorder | undefined;
}
