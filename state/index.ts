export * from './feed/client.ts';
export * from './feed/server.ts';
export * from './mirror/mirror.ts';
export * from './snapshot/advance.ts';
export * from './snapshot/living-hosts.ts';
export * from './snapshot/picture.ts';
export * from './store/follow-bus.ts';
export * from './store/store.ts';
