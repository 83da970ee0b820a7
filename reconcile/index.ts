export type { Applier, DeletionLimit, Plan } from './applier.ts';
export { createReconciler, type Reconciler, type ReconcilerOptions, type ReconcilerStatus } from './reconciler.ts';
