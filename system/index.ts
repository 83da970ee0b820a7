export * from './clock.ts';
export * from './command.ts';
export * from './log.ts';
