import type { JsonValue, ServiceDeclaration } from '../../model/index.ts';
import type { Sourced } from './directory-picture.ts';
import { documentKey, isSame } from './files/manifest.ts';
import { type WrongRule, withKeptRules } from './files/wrong-rules.ts';
import type { Ledger } from './ledger.ts';
import { declared, isDeclaredBy, withSince } from './since.ts';

/** A declaration on the bus, with the revision to compare against. */
export interface DeclaredDocument {
  readonly value: JsonValue;
  readonly revision: number;
}

/** One change of a declaration; `expect` is the revision it was planned against (0: there is none). */
export type DeclarationChange =
  | {
      readonly kind: 'put';
      readonly key: string;
      readonly value: ServiceDeclaration;
      readonly previous: JsonValue | null;
      readonly expect: number;
    }
  | { readonly kind: 'delete'; readonly key: string; readonly previous: JsonValue; readonly expect: number };

export interface PlanOptions {
  /** Stacks, in lower case, whose services are deleted if they are no longer declared. Default: none. */
  readonly prune?: readonly string[];
  /** Rules of load balancers that cannot be read: those that stand stay. By document key. */
  readonly wrongRules?: ReadonlyMap<string, readonly WrongRule[]>;
}

/** The changes that make the bus equal to the manifests; sorted by key. */
export function planApply(
  current: ReadonlyMap<string, DeclaredDocument>,
  wanted: readonly ServiceDeclaration[],
  { prune = [], wrongRules = new Map() }: PlanOptions = {},
): readonly DeclarationChange[] {
  const byKey = new Map(wanted.map((declaration) => [documentKey(declaration), declaration]));
  const puts = [...byKey].flatMap(([key, value]) => {
    const document = current.get(key) ?? null;
    return planPut(key, withKeptRules(value, wrongRules.get(key) ?? [], declared(document?.value ?? null)), document);
  });
  const deletes = [...current].flatMap(([key, { value, revision }]): DeclarationChange[] => {
    if (byKey.has(key) || !prune.includes(stackOf(key))) return [];
    return [{ kind: 'delete', key, previous: value, expect: revision }];
  });
  return sortChanges([...puts, ...deletes]);
}

/**
 * The changes for a manifest directory. Puts declarations that are new in the directory or missing on the bus. A later write of
 * another writer is kept, so two hosts with different directories do not overwrite each other in turn. Deletes only documents that
 * are unchanged since this host put them.
 */
export function planDirectory(
  current: ReadonlyMap<string, DeclaredDocument>,
  wanted: ReadonlyMap<string, Sourced>,
  ledger: Ledger,
): readonly DeclarationChange[] {
  const puts = [...wanted].flatMap(([key, { declaration }]) => {
    const document = current.get(key) ?? null;
    const entry = ledger.get(key);
    const isStanding = document !== null && entry?.applied && isSame(entry.declaration, declaration);
    return isStanding ? [] : planPut(key, declaration, document);
  });
  const deletes = [...ledger].flatMap(([key, { declaration }]): DeclarationChange[] => {
    const document = current.get(key);
    if (wanted.has(key) || !document || !isDeclaredBy(document.value, declaration)) return [];
    return [{ kind: 'delete', key, previous: document.value, expect: document.revision }];
  });
  return sortChanges([...puts, ...deletes]);
}

function planPut(
  key: string,
  value: ServiceDeclaration,
  document: DeclaredDocument | null,
): readonly DeclarationChange[] {
  const previous = document?.value ?? null;
  if (document && isDeclaredBy(document.value, value)) return [];
  return [{ kind: 'put', key, value: withSince(value, previous, null), previous, expect: document?.revision ?? 0 }];
}

function stackOf(key: string): string {
  return key.split('/')[1] ?? '';
}

function sortChanges(changes: readonly DeclarationChange[]): readonly DeclarationChange[] {
  return [...changes].sort((a, b) => (a.key < b.key ? -1 : 1));
}
