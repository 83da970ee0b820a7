export type { Applier, DeletionLimit, Plan } from './applier.ts';
export type { Component } from './component.ts';
export { type ComponentLoop, type ComponentPlan, createDriver, type Driver, type DriverOptions } from './driver.ts';
export { earlierIfEqual, keepIdentical } from './keep-identical.ts';
export type { Pacing } from './pacing.ts';
export {
  createReconciler,
  type PlannedChanges,
  type Reconciler,
  type ReconcilerDependencies,
  type ReconcilerOptions,
} from './reconciler.ts';
export type { ReconcilerStatus } from './reconciler-status.ts';
