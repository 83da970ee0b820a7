export {
  createRecreationLock,
  type LockDependencies,
  type RecreationLock,
  type Turn,
  type TurnRequest,
} from './lock.ts';
export { decideRecreation, outcomeOf, type RecreationDecision, type ServiceMember } from './quorum.ts';
export { describeRecreation, type RecreateDependencies, recover, recreate } from './recreate.ts';
export { type BudgetSettings, defaultBudgetSettings } from './restart-budget.ts';
export type { RecreationDocuments } from './turn-document.ts';
