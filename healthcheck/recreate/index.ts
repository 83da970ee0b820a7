export { listTurns } from './lock.ts';
export { type NextAction, nextAction } from './next-action.ts';
export type { TurnDocument } from './turn-document.ts';
