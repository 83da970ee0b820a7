import type { Container, ServiceDeclaration, ServiceKind, Snapshot } from '../model/index.ts';

/** A service as this host sees it: what was declared and what runs, merged. */
export interface ServiceView {
  /** Lower-case `stack/service`. */
  readonly key: string;
  /** Case as first written. */
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
  /** Lower-case service name -> service; sorted by key. */
  readonly services: ReadonlyMap<string, ServiceView>;
}

/** A snapshot as one host sees it; the one thing every server and applier of that host reads. Immutable. */
export interface HostView {
  readonly snapshot: Snapshot;
  readonly hostId: string;
  readonly revision: number;
  /** Lower-case stack name -> stack. */
  readonly stacks: ReadonlyMap<string, StackView>;
}
