export { type Batch, batches } from './batches.ts';
export { checkInstalled } from './installed.ts';
export { type AskOptions, askHaproxy, type EventStream, followEvents, HaproxySilentError } from './runtime-api.ts';
export { parseStatRows, type StatRow } from './stat-rows.ts';
