import type { LbPage } from '../../agent/index.ts';
import { formatProblem } from '../../model/index.ts';
import { indented, paragraphs } from './explained.ts';
import { leftOutText, serversText, trafficColumns } from './lb-servers.ts';
import { formatTable } from './table.ts';

/** The page of `drover lb`. */
export function formatLb(page: LbPage): string {
  const { listeners, backends, problems } = page;
  if (listeners.length === 0) return paragraphs([NOTHING, problemsText(problems)]);
  return paragraphs([
    formatTable(listeners, [
      { title: 'LISTENER', value: ({ port }) => String(port) },
      { title: 'PROTOCOL', value: ({ protocol }) => protocol },
      ...trafficColumns<LbPage['listeners'][number]>(),
      { title: 'DECLARED BY', value: ({ balancers }) => balancers.join(', ') },
    ]),
    rulesText(page),
    serversText(backends),
    leftOutText(backends),
    problemsText(problems),
  ]);
}

const NOTHING =
  'This host balances nothing. To publish a service, set the label drover.lb.host on it (docs/load-balancer.md).';

function rulesText({ rules }: LbPage): string {
  type Row = (typeof rules)[number];
  const hasPriority = rules.some(({ priority }) => priority !== null);
  const hasOptions = rules.some(({ options }) => options.length > 0);
  const table = formatTable(rules, [
    { title: 'LISTENER', value: ({ port }) => String(port) },
    { title: 'HOST', value: ({ host }) => host ?? 'any' },
    { title: 'PATH', value: ({ path }) => path ?? 'any' },
    ...(hasPriority ? [{ title: 'PRIORITY', value: ({ priority }: Row) => String(priority ?? '') }] : []),
    { title: 'BACKEND', value: ({ backend }) => backend },
    { title: 'RULE', value: ({ name }) => name },
    ...(hasOptions ? [{ title: 'OPTIONS', value: ({ options }: Row) => options.join(', ') }] : []),
  ]);
  return `Rules, in the order of matching:\n${indented(table)}`;
}

function problemsText(problems: LbPage['problems']): string {
  return problems.length === 0 ? '' : `Problems:\n${indented(problems.map(formatProblem).join('\n'))}`;
}
