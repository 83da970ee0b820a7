export { viewOf } from './build/view-of.ts';
export { containerAddress, type Reach, type Unreachable } from './endpoints/address.ts';
export {
  type AnsweredEndpoint,
  type Endpoint,
  type Endpoints,
  endpointsOf,
  isReady,
  linkedServices,
} from './endpoints/endpoints.ts';
export { addressOnNetwork } from './endpoints/network-address.ts';
export { networkOwner } from './endpoints/network-owner.ts';
export { newestOf } from './endpoints/newest.ts';
export { endpointPorts, isPort, type PortName, type ServicePort, servicePorts } from './endpoints/ports.ts';
export {
  type Consumer,
  READINESS,
  type ReadinessRow,
  type Standing,
  standingOf,
  type Treatment,
} from './endpoints/readiness.ts';
export { type ServiceAnswers, serviceAnswers } from './endpoints/service-answers.ts';
export { serviceCheck } from './endpoints/service-check.ts';
export { networksText, noSharedNetwork, reachesManaged } from './endpoints/shared-networks.ts';
export { type UnsharedClients, unsharedClients } from './endpoints/unshared-clients.ts';
export { endpointWeight, endpointWeights } from './endpoints/weights.ts';
export { type FoundAsker, findAsker, findContainer } from './find-asker.ts';
export { type CheckTarget, checkTargets, standaloneTarget } from './health/check-targets.ts';
export { type Checkers, checkerHosts, checkersIn, isCheckedElsewhere } from './health/checkers.ts';
export {
  type CheckerVote,
  type ContainerHealth,
  createHealthReader,
  createVotesBehind,
  type VotesBehind,
} from './health/container-health.ts';
export { formatVote } from './health/format-vote.ts';
export {
  ANY_CHANGE,
  ASKER,
  containerKey,
  type DependencyKey,
  factKey,
  hostKey,
  nameKey,
  serviceKeyOf,
  stackKey,
} from './host-view/dependency-key.ts';
export type { DependencyRecorder, TriedName } from './host-view/dependency-recorder.ts';
export { differences } from './host-view/differences.ts';
export { underSuffix } from './host-view/domain-name.ts';
export { findContainers, findService, isSidekick, serviceOf } from './host-view/find.ts';
export type * from './host-view/host-view.ts';
export { identify, isLocalAddress } from './host-view/identity.ts';
export { meantContainers } from './lookup/docker-meaning.ts';
export { endpointTarget } from './lookup/endpoint-target.ts';
export { listDockerNames, listNames } from './lookup/list-names.ts';
export { lookupName, type NameLookup } from './lookup/lookup.ts';
export { METADATA_NAME, type NameMeaning } from './lookup/meaning.ts';
export { isOurRange, ptrName, type ReverseName } from './lookup/reverse-name.ts';
export { type LinkTarget, type Scope, type SearchDomains, scopeOf, searchDomains } from './lookup/scope.ts';
export { type SearchMode, type SearchStory, searchStory } from './lookup/search-rule.ts';
