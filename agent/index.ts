// Light on purpose: the command line reads it at every start. What is heavy is loaded by `startAgent` and its like.
export { askAgent, type ControlReply, type ControlRequest } from './control-client.ts';
export {
  type ContainerRow,
  type EndpointRow,
  type HostRow,
  listContainers,
  listHosts,
  listServices,
  type ServiceRow,
} from './listing.ts';
export { type AgentStatus, type ProcessStatus, problemsOf } from './status.ts';
export { VERSION } from './version.ts';
