import type { Container, ServiceDeclaration, ServiceKind, Snapshot } from '../../model/index.ts';
import type { ViewIndex } from './view-index.ts';

/** A service as this host sees it: its declaration and its containers. */
export interface ServiceView {
  /** Lower-case `stack/service`; for a sidekick `stack/primary/sidekick`. */
  readonly key: string;
  /** In the case of the declaration, else of the first container. */
  readonly stack: string;
  readonly name: string;
  readonly kind: ServiceKind;
  /** The primary service of the unit; its own name unless this is a sidekick. */
  readonly primaryService: string;
  /** Null if only labels define the service. */
  readonly declaration: ServiceDeclaration | null;
  /** Of all hosts, in every state; sorted by service index, name, id. */
  readonly containers: readonly Container[];
}

export interface StackView {
  /** Lower case. */
  readonly key: string;
  readonly name: string;
  /** `ServiceView.key` without the stack (`web`, a sidekick `web/log`) -> service; sorted by key. */
  readonly services: ReadonlyMap<string, ServiceView>;
}

/** A snapshot as one host sees it. Every server and component of the host reads it. Immutable; made by `viewOf`. */
export interface HostView {
  readonly snapshot: Snapshot;
  readonly hostId: string;
  readonly revision: number;
  /** Lower-case stack name -> stack; sorted by key. */
  readonly stacks: ReadonlyMap<string, StackView>;
  /** Read by the functions of this folder only. */
  readonly index: ViewIndex;
}
