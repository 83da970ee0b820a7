import {
  type Container,
  eachDifference,
  type HostState,
  type ServiceDeclaration,
  type Snapshot,
} from '../../model/index.ts';

export interface ContainerChange {
  readonly before: Container | null;
  readonly after: Container | null;
}

/** How the state of one host differs. Null: the host does not exist before or after. */
export interface HostChange {
  readonly before: HostState | null;
  readonly after: HostState | null;
}

export interface DeclarationChange {
  readonly before: ServiceDeclaration | null;
  readonly after: ServiceDeclaration | null;
}

export interface Changes {
  readonly hosts: readonly HostChange[];
  readonly declarations: readonly DeclarationChange[];
}

/** The differences of two snapshots by identity. Shared parts cost one comparison. */
export function changesBetween(before: Snapshot | null, after: Snapshot): Changes {
  return {
    hosts: differing(before?.hosts ?? new Map(), after.hosts),
    declarations: differing(before?.declarations ?? new Map(), after.declarations),
  };
}

/** The containers that differ between two states of one host. */
export function containerChanges({ before, after }: HostChange): readonly ContainerChange[] {
  return differing(before?.containers ?? new Map(), after?.containers ?? new Map());
}

/** The containers whose networks differ: all of a host if its networks changed. */
export function affectedContainers(change: HostChange): readonly ContainerChange[] {
  if (change.before?.networks === change.after?.networks) return containerChanges(change);
  const all = (state: HostState | null) => [...(state?.containers.values() ?? [])];
  return [
    ...all(change.before).map((before) => ({ before, after: null })),
    ...all(change.after).map((after) => ({ before: null, after })),
  ];
}

function differing<V>(
  before: ReadonlyMap<string, V>,
  after: ReadonlyMap<string, V>,
): readonly { before: V | null; after: V | null }[] {
  const changes: { before: V | null; after: V | null }[] = [];
  eachDifference(before, after, (_key, old, now) => changes.push({ before: old ?? null, after: now ?? null }));
  return changes;
}
