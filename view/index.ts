export { containerAddress, networkOwner, type Reach, type Unreachable } from './address.ts';
export { endpointWeight, endpointWeights, type ServiceAnswers, serviceAnswers } from './answer-options.ts';
export {
  ANY_CHANGE,
  ASKER,
  containerKey,
  type DependencyKey,
  hostKey,
  nameKey,
  serviceKeyOf,
  stackKey,
} from './dependency-key.ts';
export { differences } from './differences.ts';
export { endpointTarget } from './endpoint-target.ts';
export { type AnsweredEndpoint, type Endpoint, type Endpoints, endpointsOf } from './endpoints.ts';
export { findContainers, findService, isSidekick, serviceOf } from './find.ts';
export { type FoundAsker, findAsker } from './find-asker.ts';
export type * from './host-view.ts';
export { identify, isLocalAddress } from './identity.ts';
export { listNames } from './list-names.ts';
export { lookupName, type NameLookup, type SearchMode, type SearchStory, searchStory } from './lookup.ts';
export { METADATA_NAME, type NameMeaning } from './meaning.ts';
export { endpointPorts, isPort, type PortName, type ServicePort, servicePorts } from './ports.ts';
export { type Consumer, READINESS, type ReadinessRow, type Standing, standingOf, type Treatment } from './readiness.ts';
export { retouched } from './retouch.ts';
export { isOurRange, ptrName, type ReverseName } from './reverse-name.ts';
export { type LinkTarget, type Scope, type SearchDomains, scopeOf, searchDomains } from './scope.ts';
export type { Trail, TriedName } from './trail.ts';
export { viewOf } from './view-of.ts';
