export { type ResolvConfSources, resolvConfComponent } from './component.ts';
export type { ContainerResolver } from './desired-resolvers.ts';
export { exemptionOf } from './exemption.ts';
export { createReachability, isOftenUnreachable, type ProbeResult, type Reach } from './reach.ts';
export { nameserversIn, originalOf } from './render.ts';
export { createResolvConf, type ResolvConf, type ResolverCounts } from './resolv-conf.ts';
export { restoreResolvConfs } from './restore.ts';
export type { Successors } from './restored.ts';
