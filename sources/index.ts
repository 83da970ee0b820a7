export * from './docker/index.ts';
export * from './manifest/index.ts';
