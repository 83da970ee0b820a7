export type * from './bus.ts';
export * from './consul/index.ts';
export * from './embedded/index.ts';
export * from './memory/index.ts';
