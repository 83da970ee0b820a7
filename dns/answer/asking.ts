import type { HostView, Scope, SearchMode, Trail } from '../../view/index.ts';

/** What a server is told about answering. */
export interface ResolveOptions {
  /** What `rancher-metadata` stands for. */
  readonly metadataAddress: string;
  readonly search?: SearchMode;
}

/** A question on its way to a resolution. */
export interface Asking extends ResolveOptions {
  readonly view: HostView;
  readonly scope: Scope;
  readonly type: number;
  readonly trail: Trail | undefined;
}
