import type { Container } from '../../model/index.ts';
import { containerKey } from '../host-view/dependency-key.ts';
import type { DependencyRecorder } from '../host-view/dependency-recorder.ts';
import type { HostView } from '../host-view/host-view.ts';

/** The container whose network namespace it uses: itself, or the target of `network_mode: container:...`. Null if that does not exist. */
export function networkOwner(view: HostView, container: Container, recorder?: DependencyRecorder): Container | null {
  const siblings = view.snapshot.hosts.get(container.hostId)?.containers;
  let owner: Container | undefined = container;
  for (let hop = 0; hop < MAX_HOPS && owner?.networkMode === 'container'; hop += 1) {
    recorder?.depends(containerKey(owner.networkFrom ?? ''));
    owner = siblings?.get(owner.networkFrom ?? '');
  }
  return owner && owner.networkMode !== 'container' ? owner : null;
}

/** Docker allows one hop; the limit ends circles in bad data. */
const MAX_HOPS = 4;
