import {
  type AnswerOptions,
  answerOptionsOf,
  answerOptionsOfLabels,
  type Container,
  textsOf,
  weightOfLabels,
} from '../../model/index.ts';
import { findService } from '../host-view/find.ts';
import type { HostView, ServiceView } from '../host-view/host-view.ts';
import type { Endpoint } from './endpoints.ts';

/** How DNS answers for a service; null for `ttlSeconds` is the default of the server. */
export interface ServiceAnswers {
  readonly give: 'all' | 'one';
  readonly ttlSeconds: number | null;
  readonly preferLocal: boolean;
  readonly texts: readonly string[];
}

/** The declaration decides, else its labels, else the labels of the newest container, with which an update begins. */
export function serviceAnswers({ declaration, containers }: ServiceView): ServiceAnswers {
  const said: readonly AnswerOptions[] = [
    ...(declaration ? [answerOptionsOf(declaration.options), answerOptionsOfLabels(declaration.labels)] : []),
    ...newestOf(containers).map(({ labels }) => answerOptionsOfLabels(labels)),
  ];
  return {
    give: first(said, 'answers') ?? 'all',
    ttlSeconds: first(said, 'ttlSeconds'),
    preferLocal: first(said, 'prefer') === 'local',
    texts: declaration ? textsOf(declaration.options) : [],
  };
}

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

function first<K extends keyof AnswerOptions>(said: readonly AnswerOptions[], key: K): AnswerOptions[K] | null {
  return said.find((options) => options[key] !== null)?.[key] ?? null;
}

function newestOf(containers: readonly Container[]): readonly Container[] {
  if (containers.length < 2) return containers;
  return [containers.reduce((newest, other) => (other.createdAtMs > newest.createdAtMs ? other : newest))];
}
