export { type Batch, batches } from './batches.ts';
export { withoutText } from './features.ts';
export { checkInstalled, type InstalledHaproxy } from './installed.ts';
export { type AskOptions, askHaproxy, type EventStream, followEvents, HaproxySilentError } from './runtime-api.ts';
export { parseStatRows, type StatRow } from './stat-rows.ts';
