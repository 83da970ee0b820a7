export { createOptions, imageReference } from './create-options.ts';
export { formatStep, planReplacement, planRestoration } from './plan.ts';
export { describeRecreation, type RecreateDependencies, recover, recreate } from './recreate.ts';
