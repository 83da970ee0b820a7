import type { Container } from '../../model/index.ts';
import { findService, type HostView } from '../../view/index.ts';
import type { OtherHost, PlannedContainer } from '../control/roll-request.ts';

/** Label of Compose with the id of the image. Without it, facts have the name of the image only. */
const COMPOSE_IMAGE = 'com.docker.compose.image';

interface Rolled {
  readonly images: readonly Pick<PlannedContainer, 'image' | 'imageId'>[];
  readonly startedAtMs: number;
}

/**
 * The other hosts whose running containers of a service have another image than the rolled ones, by name. A container of the same image
 * name that was created before the roll counts, unless Compose's label says that it has the same image. Pure.
 */
export function otherHosts(view: HostView, serviceKey: string, { images, startedAtMs }: Rolled): readonly OtherHost[] {
  const ids = new Set(images.map(({ imageId }) => imageId));
  const names = new Set(images.map(({ image }) => image));
  const isOld = ({ image, labels, createdAtMs }: Container): boolean => {
    const id = labels[COMPOSE_IMAGE];
    return id === undefined ? !names.has(image) || createdAtMs < startedAtMs : !ids.has(id);
  };
  const old = (findService(view, serviceKey)?.containers ?? [])
    .filter(({ hostId, state }) => hostId !== view.hostId && (state === 'running' || state === 'starting'))
    .filter(isOld);
  return [...Map.groupBy(old, ({ hostId }) => hostId)]
    .map(([hostId, { length }]) => ({
      host: view.snapshot.hosts.get(hostId)?.host?.name ?? hostId,
      containers: length,
    }))
    .sort((a, b) => (a.host < b.host ? -1 : 1));
}
