import {
  type AnswerOptions,
  answerOptionsOf,
  answerOptionsOfLabels,
  type Container,
  textsOf,
  weightOfLabels,
} from '../model/index.ts';
import type { Endpoint } from './endpoints.ts';
import { findService } from './find.ts';
import type { HostView, ServiceView } from './host-view.ts';

/** How DNS answers for a service; `ttlSeconds` of null is the server's own. */
export interface ServiceAnswers {
  readonly give: 'all' | 'one';
  readonly ttlSeconds: number | null;
  readonly preferLocal: boolean;
  readonly texts: readonly string[];
}

/** The declaration says it, else its labels, else the labels of the newest container: an update begins with one. */
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

/** How often an endpoint comes first beside others: its container's own label, else what its service says, else 1. */
export function endpointWeight(
  view: HostView,
  { service, container }: Pick<Endpoint, 'service' | 'container'>,
): number {
  const own = container && weightOfLabels(container.labels);
  if (own !== null) return own;
  const declaration = findService(view, service)?.declaration;
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
