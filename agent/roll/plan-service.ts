import type Docker from 'dockerode';
import { type Container, nearestWord, type Problem, problem, type Result } from '../../model/index.ts';
import { findImage, type NewImage, planRoll } from '../../replacement/index.ts';
import { findService, type HostView, type ServiceView } from '../../view/index.ts';
import type { PlannedContainer, RollRequest } from '../control/roll-request.ts';

/** One container of this host and what the roll does with it. */
export interface PlannedRoll {
  readonly container: Container;
  /** Null: it is left as it is. */
  readonly image: NewImage | null;
  readonly shown: PlannedContainer;
}

export interface ServicePlan {
  readonly service: ServiceView;
  readonly containers: readonly PlannedRoll[];
}

type Planned =
  | { readonly ok: true; readonly value: ServicePlan }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What a roll does with each container of a service on this host. Problems: nothing can be rolled. Changes nothing. */
export async function planService(docker: Docker, view: HostView, request: RollRequest): Promise<Planned> {
  const found = containersHere(view, request);
  if (!found.ok) return { ok: false, problems: [found.problem] };
  const { service, containers } = found.value;
  const planned: PlannedRoll[] = [];
  const problems: Problem[] = [];
  for (const container of containers) {
    const result = await planContainer(docker, container, request);
    if (result.ok) planned.push(result.value);
    else problems.push(result.problem);
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: { service, containers: planned } };
}

function containersHere(
  view: HostView,
  { stack, service: name }: RollRequest,
): Result<Omit<ServicePlan, 'containers'> & { readonly containers: readonly Container[] }> {
  const subject = `service ${stack}/${name}`;
  const service = findService(view, `${stack}/${name}`);
  if (!service) {
    const names = [...view.stacks.values()].flatMap((one) => [...one.services.values()].map(({ key }) => key));
    const nearest = nearestWord(`${stack}/${name}`, names);
    return problem(
      subject,
      'is not known',
      nearest ? `did you mean ${nearest}?` : 'run `drover services` to list what there is',
    );
  }
  const containers = service.containers.filter(({ hostId }) => hostId === view.hostId);
  if (containers.length > 0) return { ok: true, value: { service, containers } };
  const hosts = new Set(service.containers.map(({ hostId }) => view.snapshot.hosts.get(hostId)?.host?.name ?? hostId));
  const where =
    hosts.size === 0
      ? 'start one, such as with docker compose up'
      : `run the command on ${[...hosts].sort().join(', ')}`;
  return problem(subject, 'has no containers on this host', where);
}

async function planContainer(docker: Docker, container: Container, request: RollRequest): Promise<Result<PlannedRoll>> {
  const { id, name, state } = container;
  const reference = request.image ?? container.image;
  const image = await findImage(docker, reference);
  if (!image) return problem(`image ${reference}`, 'is not on this host', `get it: docker pull ${reference}`);
  const shown = { container: name, image: reference, imageId: image.id, steps: [] };
  const skip = (skipped: string): Result<PlannedRoll> => ({
    ok: true,
    value: { container, image: null, shown: { ...shown, skipped } },
  });
  if (state !== 'running' && state !== 'starting') return skip(`it is ${state}`);
  const { Image } = await docker.getContainer(id).inspect();
  if (Image === image.id && !request.force) return skip('it has this image already');
  const plan = await planRoll(docker, id, { ...request, image });
  if (!plan.ok) return plan;
  return { ok: true, value: { container, image, shown: { ...shown, skipped: null, steps: plan.value.steps } } };
}
