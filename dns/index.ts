export { type ExplainSettings, explain, type WhyRequest } from './explain/explain.ts';
export type { Explanation } from './explain/explanation.ts';
export type { ExtensionPlace } from './extension/extension.ts';
export type { TrafficReport } from './metrics/recorder.ts';
export { type AnswersServer, type ServeAnswersOptions, serveAnswers } from './serve-answers.ts';
export { type DnsDependencies, type DnsOptions, serveDns } from './serve-dns.ts';
export type { DnsServer } from './serve-names.ts';
export type { ForwarderOptions, ForwarderReport } from './upstream/create-forwarder.ts';
export { parseTypeName } from './wire/type-names.ts';
