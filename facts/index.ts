export * from './component-status.ts';
export type { DocumentDraft } from './document-draft.ts';
export * from './fact-map.ts';
export * from './host-draft.ts';
export * from './host-fact.ts';
export * from './host-facts.ts';
export * from './kind.ts';
export * from './reduction.ts';
export * from './table.ts';
