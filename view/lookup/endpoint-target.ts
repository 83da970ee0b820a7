import type { Container } from '../../model/index.ts';
import type { Endpoint } from '../endpoints/endpoints.ts';
import { nameKey } from '../host-view/dependency-key.ts';
import type { DependencyRecorder } from '../host-view/dependency-recorder.ts';
import { absoluteName, containerName } from '../host-view/domain-name.ts';
import { hostName } from '../host-view/host-name.ts';
import type { HostView } from '../host-view/host-view.ts';
import { nameNode } from '../host-view/names.ts';
import { parseServiceKey, serviceName } from '../host-view/service-key.ts';
import { METADATA_NAME } from './meaning.ts';

/**
 * A name (absolute) with the addresses of an endpoint: the name of its container (its short id if the name is too long), followed by the host's name if containers of
 * several hosts share it, as with one Compose file on several hosts. Without a container or a valid name, the name of the service.
 */
export function endpointTarget(
  view: HostView,
  { container, service }: Pick<Endpoint, 'container' | 'service'>,
  recorder?: DependencyRecorder,
): string | null {
  const own = container && (uniqueName(view, container, recorder) ?? nameOnHost(view, container, recorder));
  if (own) return own;
  const key = parseServiceKey(service);
  return key && absoluteName(view, serviceName(key));
}

function uniqueName(view: HostView, container: Container, recorder?: DependencyRecorder): string | null {
  const relative = containerName(container);
  recorder?.depends(nameKey(relative));
  const node = nameNode(view, relative);
  const unique = node?.containers.length === 1 && node.services.length === 0 && relative !== METADATA_NAME;
  return unique ? absoluteName(view, relative) : null;
}

function nameOnHost(view: HostView, container: Container, recorder?: DependencyRecorder): string | null {
  const host = view.snapshot.hosts.get(container.hostId)?.host;
  if (!host) return null;
  const relative = `${containerName(container)}.${hostName(host)}`;
  recorder?.depends(nameKey(relative));
  recorder?.depends(nameKey(hostName(host)));
  const taken = nameNode(view, relative) !== undefined;
  const twins = (nameNode(view, hostName(host))?.hosts.length ?? 0) > 1;
  return taken || twins ? null : absoluteName(view, relative);
}
