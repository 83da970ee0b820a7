import type { LbExplanation } from '../../agent/index.ts';
import { indented, notesText, paragraphs } from './explained.ts';
import { leftOutText, serversText } from './lb-servers.ts';
import { formatTable } from './table.ts';

/** The answer of `drover why lb`: what the client gets first, then the rules and servers that lead to it. */
export function formatLbExplanation(explanation: LbExplanation): string {
  const { backend, notes } = explanation;
  return paragraphs([
    headOf(explanation),
    elsewhereText(explanation),
    rulesText(explanation),
    backend ? serversText([backend]) : '',
    backend ? leftOutText([backend]) : '',
    notesText(notes),
  ]);
}

function headOf({ asked, host, outcome }: LbExplanation): string {
  const { protocol, port, path } = asked;
  const isHttp = protocol === 'http' || protocol === 'https';
  return `${protocol}://${asked.host}:${port}${isHttp ? path : ''} on ${host}\n${outcome}`;
}

function elsewhereText({ elsewhere }: LbExplanation): string {
  const lines = elsewhere.map(({ balancer, hosts }) => {
    const where = hosts.length === 0 ? 'runs on no host' : `runs on ${hosts.join(', ')}`;
    return `Load balancer ${balancer} listens on this port and ${where}, not on this host.`;
  });
  return lines.join('\n');
}

/** Rules that do not match, and those after the one that does, can be hundreds. */
const MOST_BEFORE = 20;
const MOST_AFTER = 5;

function rulesText({ rules }: LbExplanation): string {
  if (rules.length === 0) return '';
  const chosen = rules.findIndex((rule) => rule.chosen);
  const at = chosen < 0 ? rules.length : chosen;
  const first = Math.max(0, at - MOST_BEFORE);
  const last = Math.min(rules.length, at + 1 + MOST_AFTER);
  const table = formatTable(rules.slice(first, last), [
    { title: 'RULE', value: ({ name }) => name },
    { title: 'HOST', value: ({ host }) => host ?? 'any' },
    { title: 'PATH', value: ({ path }) => path ?? 'any' },
    { title: '', value: ({ chosen }) => (chosen ? 'used' : ' ') },
    { title: 'RESULT', value: ({ why }) => why },
  ]);
  const above = first === 0 ? [] : [`${first} rules before these do not match, either (--json lists all)`];
  const below = last === rules.length ? [] : [`and ${rules.length - last} more (--json lists all)`];
  return `Rules, in the order of matching:\n${indented([...above, table, ...below].join('\n'))}`;
}
