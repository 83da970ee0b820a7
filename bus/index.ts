export * from './consul/index.ts';
export type * from './contract/bus.ts';
export * from './embedded/index.ts';
export * from './memory/index.ts';
