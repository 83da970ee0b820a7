import type { JsonValue, Problem } from '../../model/index.ts';
import type { Clock } from '../../system/index.ts';
import { isSame } from './files/manifest.ts';
import type { DeclarationChange, DeclaredDocument } from './plan.ts';
import { asJson } from './render.ts';
import { isDeclaredBy, withSince } from './since.ts';

type PutOutcome =
  | { readonly ok: true; readonly revision: number }
  | { readonly ok: false; readonly current: DeclaredDocument | null };

/** The part of a bus that declarations need; `Bus` of bus/ fits. */
export interface DeclarationDocuments {
  list(prefix: string): Promise<ReadonlyMap<string, DeclaredDocument>>;
  put(key: string, value: JsonValue, expect?: number): Promise<PutOutcome>;
  delete(key: string, expect?: number): Promise<PutOutcome>;
}

const ATTEMPTS = 10;

export interface ApplyDependencies {
  readonly documents: Pick<DeclarationDocuments, 'put' | 'delete'>;
  /** For the time at which a load balancer is declared first. */
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Makes the changes, one after the other. A put that conflicts with another write is repeated over the newer revision. A delete is
 * not repeated: a document that was just rewritten is kept and reported. Rejects when the bus cannot be written; can be called again.
 */
export async function applyChanges(
  { documents, clock }: ApplyDependencies,
  changes: readonly DeclarationChange[],
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const change of changes) {
    const outcome = change.kind === 'put' ? await put(documents, change, clock.now()) : await remove(documents, change);
    if (outcome) problems.push(outcome);
  }
  return problems;
}

async function put(
  documents: Pick<DeclarationDocuments, 'put'>,
  { key, value, previous, expect }: Extract<DeclarationChange, { kind: 'put' }>,
  nowMs: number,
): Promise<Problem | null> {
  let standing = { value: previous, revision: expect };
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const outcome = await documents.put(key, asJson(withSince(value, standing.value, nowMs)), standing.revision);
    if (outcome.ok || (outcome.current && isDeclaredBy(outcome.current.value, value))) return null;
    standing = outcome.current ?? { value: null, revision: 0 };
  }
  return {
    subject: key,
    what: `was changed by another writer ${ATTEMPTS} times meanwhile`,
    hint: 'find the other writer, then apply again',
  };
}

async function remove(
  documents: Pick<DeclarationDocuments, 'delete'>,
  { key, previous, expect }: Extract<DeclarationChange, { kind: 'delete' }>,
): Promise<Problem | null> {
  const outcome = await documents.delete(key, expect);
  if (outcome.ok || outcome.current === null) return null;
  const again = isSame(outcome.current.value, previous)
    ? await documents.delete(key, outcome.current.revision)
    : outcome;
  if (again.ok || again.current === null) return null;
  return {
    subject: key,
    what: 'was changed by another writer meanwhile and is kept',
    hint: 'check it, then apply again',
  };
}
