export { loadAddon } from './load.ts';
export { openNamespace, type SocketNamespace } from './namespace-socket.ts';
