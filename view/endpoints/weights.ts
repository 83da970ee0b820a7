import { answerOptionsOf, weightOfLabels } from '../../model/index.ts';
import { findService } from '../host-view/find.ts';
import type { HostView } from '../host-view/host-view.ts';
import type { Endpoint } from './endpoints.ts';

/** The weight of an endpoint relative to others: the label of its container, else the option of its service, else 1. */
export function endpointWeight(
  view: HostView,
  { service, container }: Pick<Endpoint, 'service' | 'container'>,
): number {
  return (container && weightOfLabels(container.labels)) ?? serviceWeight(view, service);
}

/** The weights of several endpoints, in order; null if all are equal. */
export function endpointWeights(
  view: HostView,
  endpoints: readonly Pick<Endpoint, 'service' | 'container'>[],
): readonly number[] | null {
  if (endpoints.length < 2) return null;
  const ofServices = new Map<string, number>();
  const weights = endpoints.map(({ service, container }) => {
    const known = ofServices.get(service) ?? serviceWeight(view, service);
    ofServices.set(service, known);
    return (container && weightOfLabels(container.labels)) ?? known;
  });
  return weights.every((weight) => weight === weights[0]) ? null : weights;
}

function serviceWeight(view: HostView, key: string): number {
  const declaration = findService(view, key)?.declaration;
  if (!declaration) return 1;
  return answerOptionsOf(declaration.options).weight ?? weightOfLabels(declaration.labels) ?? 1;
}
