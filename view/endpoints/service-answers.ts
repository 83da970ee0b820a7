import { type AnswerOptions, answerOptionsOf, answerOptionsOfLabels, textsOf } from '../../model/index.ts';
import type { ServiceView } from '../host-view/host-view.ts';
import { newestOf } from './newest.ts';

/** How DNS answers for a service; null for `ttlSeconds` is the default of the server. */
export interface ServiceAnswers {
  readonly give: 'all' | 'one';
  /** Every started endpoint, whatever its health. */
  readonly started: boolean;
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
  const answers = first(said, 'answers');
  return {
    give: answers === 'one' ? 'one' : 'all',
    started: answers === 'started',
    ttlSeconds: first(said, 'ttlSeconds'),
    preferLocal: first(said, 'prefer') === 'local',
    texts: declaration ? textsOf(declaration.options) : [],
  };
}

function first<K extends keyof AnswerOptions>(said: readonly AnswerOptions[], key: K): AnswerOptions[K] | null {
  return said.find((options) => options[key] !== null)?.[key] ?? null;
}
