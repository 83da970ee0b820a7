import type { LbPage } from '../../agent/index.ts';
import { formatProblem } from '../../model/index.ts';
import { formatDuration } from './duration.ts';
import { indented, paragraphs } from './explained.ts';
import { leftOutText, serversText, trafficColumns } from './lb-servers.ts';
import { formatTable } from './table.ts';

/** The page of `drover lb`. Ages are relative to `nowMs`. */
export function formatLb(page: LbPage, nowMs: number): string {
  const { listeners, backends, problems } = page;
  if (listeners.length === 0) return paragraphs([NOTHING, problemsText(problems)]);
  return paragraphs([
    haproxyText(page, nowMs),
    formatTable(listeners, [
      { title: 'LISTENER', value: ({ port }) => String(port) },
      { title: 'PROTOCOL', value: ({ protocol }) => protocol },
      { title: 'STATE', value: ({ state }) => state },
      ...trafficColumns<LbPage['listeners'][number]>(),
      { title: 'DECLARED BY', value: ({ balancers }) => balancers.join(', ') },
    ]),
    rulesText(page),
    serversText(backends),
    leftOutText(backends),
    certificatesText(page, nowMs),
    problemsText(problems),
  ]);
}

const NOTHING =
  'This host balances nothing. To publish a service, set the label drover.lb.host on it (docs/load-balancer.md).';

/** `HAProxy 2.6.12 (OPENSSL, SLZ)`. Agents of earlier versions report no features. */
export function haproxyName({
  version,
  features = [],
}: {
  readonly version: string | null;
  readonly features?: readonly string[];
}): string {
  const built = features.length === 0 ? '' : ` (${features.join(', ')})`;
  return version === null ? 'HAProxy' : `HAProxy ${version}${built}`;
}

/** `HAProxy 2.6.12 (OPENSSL, SLZ) on alpha, running, 3 reloads (last 5 min ago), 40 changes of servers without a reload`. */
function haproxyText({ haproxy, host }: LbPage, nowMs: number): string {
  if (haproxy === null) return '';
  const { state, reloads, lastReloadAtMs, reloadFailures, serverChanges, generations, isCurrent } = haproxy;
  const last = lastReloadAtMs === null ? '' : ` (last ${formatDuration(nowMs - lastReloadAtMs)} ago)`;
  return [
    `${haproxyName(haproxy)} on ${host}`,
    state,
    `${count(reloads, 'reload')}${last}`,
    ...(reloadFailures > 0 ? [count(reloadFailures, 'failed reload')] : []),
    `${count(serverChanges, 'change')} of servers without a reload`,
    ...(isCurrent ? [] : ['new rules are not in force yet']),
    ...(generations > 1 ? [`${generations} generations: old connections continue`] : []),
  ].join(', ');
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;

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

function certificatesText({ listeners, certificates }: LbPage, nowMs: number): string {
  const isUsed = listeners.some(({ protocol }) => protocol === 'https' || protocol === 'tls');
  if (!isUsed || certificates.length === 0) return '';
  const table = formatTable(certificates, [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'FOR', value: ({ names }) => shortList(names) },
    { title: 'KEY', value: ({ keyType }) => keyType },
    { title: 'EXPIRES', value: ({ notAfterMs }) => expiryText(notAfterMs - nowMs) },
  ]);
  return `Certificates:\n${indented(table)}`;
}

const MAX_NAMES = 3;

function shortList(names: readonly string[]): string {
  const rest = names.length - MAX_NAMES;
  return [...names.slice(0, MAX_NAMES), ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
}

function expiryText(leftMs: number): string {
  return leftMs > 0 ? `in ${formatDuration(leftMs)}` : `${formatDuration(-leftMs)} ago`;
}

function problemsText(problems: LbPage['problems']): string {
  return problems.length === 0 ? '' : `Problems:\n${indented(problems.map(formatProblem).join('\n'))}`;
}
