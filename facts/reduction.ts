import { type FactTable, factTable, type Reduce } from './table.ts';

/** Makes values smaller for a process that does not read all of them. */
export interface Reduction {
  readonly fact: Reduce;
  readonly document: Reduce;
}

/** What a process of this role needs. */
export function reductionFor(role: string, { facts, documents }: FactTable = factTable): Reduction {
  return { fact: facts.reductionFor(role), document: documents.reductionFor(role) };
}
