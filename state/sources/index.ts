export * from './docker/index.ts';
