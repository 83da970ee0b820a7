export { containerAddress, networkOwner, type Reach, type Unreachable } from './address.ts';
export {
  ANY_CHANGE,
  containerKey,
  type DependencyKey,
  hostKey,
  nameKey,
  serviceKeyOf,
  stackKey,
} from './dependency-key.ts';
export { differences } from './differences.ts';
export { type AnsweredEndpoint, type Endpoint, type Endpoints, endpointsOf } from './endpoints.ts';
export { findContainers, findService, isSidekick, serviceOf } from './find.ts';
export type * from './host-view.ts';
export { identify, isLocalAddress, ptrName, type ReverseName } from './identity.ts';
export { listNames } from './list-names.ts';
export { lookupName, type NameLookup, type NameMeaning } from './lookup.ts';
export { type Consumer, READINESS, type ReadinessRow, type Standing, standingOf, type Treatment } from './readiness.ts';
export { type LinkTarget, type Scope, type SearchDomains, scopeOf, searchDomains } from './scope.ts';
export type { Trail, TriedName } from './trail.ts';
export { viewOf } from './view-of.ts';
