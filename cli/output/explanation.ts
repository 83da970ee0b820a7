import type { Explanation } from '../../dns/index.ts';
import { askerText, indented, notesText, paragraphs } from './explained.ts';
import { formatTable } from './table.ts';
import { withVotes } from './votes.ts';

/** A DNS explanation as text: the answer first, then the steps that led to it. */
export function formatExplanation(explanation: Explanation, nowMs: number): string {
  return paragraphs([
    headOf(explanation),
    answerOf(explanation),
    suggestionOf(explanation),
    forwardOf(explanation),
    scopeOf(explanation),
    searchOf(explanation),
    queriesOf(explanation),
    endpointsOf(explanation, nowMs),
    notesText(explanation.notes),
  ]);
}

function headOf({ name, type, asker, host, revision }: Explanation): string {
  return `${name || '.'} ${type}, asked by ${askerText(asker)} on ${host}, revision ${revision}`;
}

function answerOf({ reply }: Explanation): string {
  const head = `${reply.rcode ?? 'Forwarded'}: ${reply.meaning}`;
  const records = recordsOf(reply.answers);
  const beside = recordsOf(reply.additionals);
  return [head, ...records, ...(beside.length > 0 ? ['Additional records:'] : []), ...beside].join('\n');
}

function recordsOf(records: Explanation['reply']['answers']): readonly string[] {
  return records.map(({ name, ttlSeconds, type, value }) => `  ${name} ${ttlSeconds} ${type} ${value}`);
}

function forwardOf({ forward }: Explanation): string {
  if (!forward) return '';
  const { upstreams, reason } = forward;
  const name = forward.name || '.';
  if (upstreams.length === 0) return `Upstream for ${name}: none (${reason})`;
  return [`Upstreams for ${name}, in this order (${reason}):`, ...upstreams.map((one) => `  ${one}`)].join('\n');
}

function scopeOf({ asker }: Explanation): string {
  const links = asker.links.map(({ name, target }) => `  ${name} -> ${target}`);
  const dns = asker.dns.length > 0 ? [`Resolvers of the container: ${asker.dns.join(' ')}`] : [];
  return [
    `Search list: ${asker.search.join(' ')}`,
    ...(links.length > 0 ? ['Links of the container:', ...links] : []),
    ...dns,
  ].join('\n');
}

const AMONG = { links: 'from a link', docker: 'a name in Docker on a network of the client' } as const;

function searchOf({ search, tried }: Explanation): string {
  const how = search.suffix !== null ? 'not needed' : search.applies ? 'used' : 'not used';
  const rows = tried.map(({ relative, among, found, chosen }) => ({
    name: relative,
    found: among === 'names' ? found : `${found}, ${AMONG[among]}`,
    mark: chosen ? 'used' : '',
  }));
  const head = `The search list is ${how}: ${search.reason}.`;
  if (rows.length === 0) return head;
  return `${head} Names tried below the suffix:\n${indented(
    formatTable(rows, [
      { title: 'NAME', value: ({ name }) => name },
      ...(rows.some(({ mark }) => mark !== '')
        ? [{ title: '', value: ({ mark }: (typeof rows)[number]) => mark || ' ' }]
        : []),
      { title: 'RESULT', value: ({ found }) => found },
    ]),
  )}`;
}

function suggestionOf({ suggestion }: Explanation): string {
  return suggestion === null ? '' : `Did you mean ${suggestion}?`;
}

/** With one query, the answer is the one above. */
function queriesOf({ queries }: Explanation): string {
  if (queries.length < 2) return '';
  const table = formatTable(queries, [
    { title: 'QUERY', value: ({ name }) => name },
    { title: 'ANSWER', value: ({ result }) => result },
  ]);
  return `A program in the container sends these queries, by the search list in resolv.conf:\n${indented(table)}`;
}

function endpointsOf({ endpoints }: Explanation, nowMs: number): string {
  if (endpoints.length === 0) return '';
  const weighed = endpoints.some(({ weight }) => weight !== 1);
  const table = formatTable(endpoints, [
    { title: 'ENDPOINT', value: ({ container, service }) => container ?? service ?? '' },
    { title: 'HOST', value: ({ host }) => host ?? '' },
    { title: 'ADDRESS', value: ({ addresses }) => addresses.join(' ') },
    ...(weighed ? [{ title: 'WEIGHT', value: ({ weight }: { weight: number }) => String(weight) }] : []),
    { title: 'ANSWERED', value: ({ given }) => (given ? 'yes' : 'no') },
    { title: 'WHY', value: ({ reason, votes }) => withVotes(reason, votes, nowMs) },
  ]);
  return `Endpoints:\n${indented(table)}`;
}
