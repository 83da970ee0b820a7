export type * from './bus.ts';
export * from './embedded/index.ts';
export * from './memory/index.ts';
