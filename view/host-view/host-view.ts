import type { Container, ServiceDeclaration, ServiceKind, Snapshot } from '../../model/index.ts';
import type { ViewIndex } from './view-index.ts';

/** A service as this host sees it: what was declared and what runs, merged. */
export interface ServiceView {
  /** Lower-case `stack/service`; for a sidekick `stack/primary/sidekick`. */
  readonly key: string;
  /** Case as declared, else as the first container has it. */
  readonly stack: string;
  readonly name: string;
  readonly kind: ServiceKind;
  /** The service that leads the unit; own name unless this is a sidekick. */
  readonly primaryService: string;
  /** Null when it follows from labels alone. */
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

/** A snapshot as one host sees it; the one thing every server and applier of that host reads. Immutable; made by `viewOf`. */
export interface HostView {
  readonly snapshot: Snapshot;
  readonly hostId: string;
  readonly revision: number;
  /** Lower-case stack name -> stack; sorted by key. */
  readonly stacks: ReadonlyMap<string, StackView>;
  /** What the functions of this folder look things up in; nobody else reads it. */
  readonly index: ViewIndex;
}
