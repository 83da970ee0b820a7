export { describeRecreation, type RecreateDependencies, recover, recreate } from './recreate.ts';
