import type { Container } from '../model/index.ts';
import { nameKey } from './dependency-key.ts';
import { absoluteName } from './domain-name.ts';
import type { Endpoint } from './endpoints.ts';
import { hostName } from './host-name.ts';
import type { HostView } from './host-view.ts';
import { METADATA_NAME } from './meaning.ts';
import { nameNode } from './names.ts';
import { parseServiceKey, serviceName } from './service-key.ts';
import type { Trail } from './trail.ts';

/**
 * A name (absolute) that leads to an endpoint's addresses: its container's, with the host's behind it where containers of
 * several hosts share the name, as those of one compose file do. Without a container, or without such a name, it is that of
 * the service.
 */
export function endpointTarget(
  view: HostView,
  { container, service }: Pick<Endpoint, 'container' | 'service'>,
  trail?: Trail,
): string | null {
  const own = container && (uniqueName(view, container, trail) ?? nameOnHost(view, container, trail));
  if (own) return own;
  const key = parseServiceKey(service);
  return key && absoluteName(view, serviceName(key));
}

function uniqueName(view: HostView, { name }: Container, trail?: Trail): string | null {
  const relative = name.toLowerCase();
  trail?.depends(nameKey(relative));
  const node = nameNode(view, relative);
  const unique = node?.containers.length === 1 && node.services.length === 0 && relative !== METADATA_NAME;
  return unique ? absoluteName(view, relative) : null;
}

function nameOnHost(view: HostView, { name, hostId }: Container, trail?: Trail): string | null {
  const host = view.snapshot.hosts.get(hostId)?.host;
  if (!host) return null;
  const relative = `${name.toLowerCase()}.${hostName(host)}`;
  trail?.depends(nameKey(relative));
  trail?.depends(nameKey(hostName(host)));
  const taken = nameNode(view, relative) !== undefined;
  const twins = (nameNode(view, hostName(host))?.hosts.length ?? 0) > 1;
  return taken || twins ? null : absoluteName(view, relative);
}
