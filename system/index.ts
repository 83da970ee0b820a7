export * from './clock.ts';
export * from './command.ts';
export * from './database.ts';
export * from './files.ts';
export * from './log.ts';
export * from './yaml.ts';
