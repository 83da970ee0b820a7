export * from './clock.ts';
export * from './command.ts';
export * from './database.ts';
export * from './files.ts';
export * from './http.ts';
export * from './log.ts';
export * from './priority.ts';
