export { type Answers, createAnswersSource, parseAnswers, readAnswers } from './answers.ts';
export type { ListenAddress } from './listen.ts';
export { type MetadataParts, serveMetadata } from './serve.ts';
export { type MetadataServer, type MetadataStats, type ServerOptions, serveTrees } from './server.ts';
export { createTrees, type TreeOf } from './tree.ts';
export type { TreeSource } from './tree-source.ts';
export type { Value, ValueObject } from './value.ts';
export { findVersion, NEWEST, VERSIONS, type Version } from './versions.ts';
export { createViewSource, type ViewParts } from './view-source.ts';
