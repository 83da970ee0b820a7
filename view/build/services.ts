import type { Container, ServiceDeclaration } from '../../model/index.ts';
import type { ServiceView, StackView } from '../host-view/host-view.ts';
import { compareContainers, editSorted } from '../host-view/order.ts';
import { formatServiceKey, keyOfContainer, keyOfDeclaration, type ServiceKey } from '../host-view/service-key.ts';
import type { ContainerChange, DeclarationChange } from './changes.ts';

/** All changes of one service between two snapshots. */
export interface ServiceEdit {
  readonly key: ServiceKey;
  /** The same as text. */
  readonly text: string;
  drop: Set<Container> | null;
  readonly add: Container[];
  /** Undefined: unchanged. */
  declaration: ServiceDeclaration | null | undefined;
}

const NONE: readonly Container[] = [];

export type Sidekicks = ReadonlyMap<string, string>;

/** Groups the changes by service. */
export function serviceEdits(
  containers: readonly ContainerChange[],
  declarations: readonly DeclarationChange[],
  sidekickOf: Sidekicks,
): readonly ServiceEdit[] {
  const edits = new Map<string, ServiceEdit>();
  const editOf = (key: ServiceKey): ServiceEdit => {
    const text = formatServiceKey(key);
    const known = edits.get(text);
    if (known) return known;
    const edit: ServiceEdit = { key, text, drop: null, add: [], declaration: undefined };
    edits.set(text, edit);
    return edit;
  };
  for (const { before, after } of containers) {
    const from = before && keyOfContainer(before, sidekickOf);
    const to = after && keyOfContainer(after, sidekickOf);
    if (before && from) dropFrom(editOf(from), before);
    if (after && to) editOf(to).add.push(after);
  }
  for (const { before, after } of declarations) {
    const from = before && keyOfDeclaration(before, sidekickOf);
    const to = after && keyOfDeclaration(after, sidekickOf);
    if (from) editOf(from).declaration = null;
    if (to) editOf(to).declaration = after;
  }
  return [...edits.values()];
}

function dropFrom(edit: ServiceEdit, container: Container): void {
  edit.drop ??= new Set();
  edit.drop.add(container);
}

/** The service after the edit; undefined if it no longer exists. */
export function editService(
  before: ServiceView | undefined,
  edit: ServiceEdit,
  sidekickOf: Sidekicks,
): ServiceView | undefined {
  const declaration = edit.declaration === undefined ? (before?.declaration ?? null) : edit.declaration;
  const { drop, add } = edit;
  const old = before?.containers ?? NONE;
  const kept = drop ? old.filter((container) => !drop.has(container)) : old;
  const containers = add.length === 0 ? kept : kept.concat(add).sort(compareContainers);
  const [first] = containers;
  if (declaration === null && first === undefined) return undefined;
  const name = declaration?.name ?? first?.service ?? '';
  return {
    key: edit.text,
    stack: declaration?.stack ?? first?.stack ?? '',
    name,
    kind: declaration?.kind ?? 'service',
    primaryService: edit.key.inner.includes('/') ? leaderName(edit.key, name, first, sidekickOf) : name,
    declaration,
    containers,
  };
}

/** The stacks after the edits of their services. */
export function editStacks(
  stacks: ReadonlyMap<string, StackView>,
  services: ReadonlyMap<string, ReadonlyMap<string, ServiceView | undefined>>,
): ReadonlyMap<string, StackView> {
  const edits = new Map<string, StackView | undefined>();
  for (const [key, changed] of services) {
    const after = editSorted(stacks.get(key)?.services ?? new Map<string, ServiceView>(), changed);
    const [first] = after.values();
    edits.set(key, first && { key, name: first.stack, services: after });
  }
  return edits.size === 0 ? stacks : editSorted(stacks, edits);
}

function leaderName(key: ServiceKey, name: string, first: Container | undefined, sidekickOf: Sidekicks): string {
  const leader = key.inner.slice(0, key.inner.indexOf('/'));
  const known = [sidekickOf.get(`${key.stack}/${name.toLowerCase()}`), first?.primaryService];
  return known.find((text) => text?.toLowerCase() === leader) ?? leader;
}
