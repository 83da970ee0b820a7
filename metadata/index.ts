export type { ListenAddress, MetadataOptions, MetadataServer, MetadataSources, MetadataStats } from './serve.ts';
export { serveMetadata } from './serve.ts';
