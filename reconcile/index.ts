export type { Applier, DeletionLimit, Plan } from './applier.ts';
export { createReconciler, type Reconciler, type ReconcilerOptions, type ReconcilerStatus } from './reconciler.ts';
export { backoffMs, type RetrySchedule } from './retry-schedule.ts';
export { createWakeUp, type WakeUp } from './wake-up.ts';
