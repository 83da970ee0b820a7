export * from './documents.ts';
export * from './space.ts';
export * from './space-bus.ts';
