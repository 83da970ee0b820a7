import { z } from 'zod';
import type { JsonValue } from '../../model/index.ts';
import { type BudgetRecord, newBudgetRecord } from './restart-budget.ts';

/** The part of the bus that holds the documents of recreations. */
export interface RecreationDocuments {
  get(key: string): Promise<StoredDocument | null>;
  list(prefix: string): Promise<ReadonlyMap<string, StoredDocument>>;
  put(key: string, value: JsonValue, expect?: number): Promise<{ readonly ok: boolean }>;
}

interface StoredDocument {
  readonly value: JsonValue;
  readonly revision: number;
}

/** The container that is recreated while no other one of its service may be. */
export interface Holder {
  readonly hostId: string;
  /** Name of the container. */
  readonly container: string;
}

/** Document `recreate/<service>`: what the hosts must agree on before one of them recreates a container of a service. */
export interface TurnDocument {
  readonly holder: Holder | null;
  readonly budget: BudgetRecord;
}

export const TURNS = 'recreate/';

/** Key of the document of a service; its names come from labels and may have any characters. */
export function turnKey(service: string): string {
  return TURNS + service.split('/').map(encodeURIComponent).join('/');
}

export function serviceOfTurn(key: string): string {
  return key.slice(TURNS.length).split('/').map(decodeURIComponent).join('/');
}

export const newTurn: TurnDocument = { holder: null, budget: newBudgetRecord };

const turnSchema: z.ZodType<TurnDocument> = z.object({
  holder: z.object({ hostId: z.string(), container: z.string() }).nullable().default(null),
  budget: z
    .object({
      rounds: z.number(),
      roundAtMs: z.number(),
      failures: z.number(),
      failedAtMs: z.number().default(0),
    })
    .default(newBudgetRecord),
});

/** A document that does not exist, or that no host can read, counts as new: it is overwritten. Revision 0: it does not exist. */
export function readTurn(stored: StoredDocument | null): { readonly turn: TurnDocument; readonly revision: number } {
  const parsed = turnSchema.safeParse(stored?.value);
  const turn = parsed.success ? parsed.data : newTurn;
  return { turn, revision: stored?.revision ?? 0 };
}

export function writeTurn({ holder, budget }: TurnDocument): JsonValue {
  return { holder: holder && { ...holder }, budget: { ...budget } };
}
