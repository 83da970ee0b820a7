export { createRecreationLock, listTurns, type RecreationLock } from './lock.ts';
export { type NextAction, nextAction } from './next-action.ts';
export { createRecreator } from './recreator.ts';
export { defaultBudgetSettings } from './restart-budget.ts';
export type { RecreationDocuments, TurnDocument } from './turn-document.ts';
