import type { Command } from 'commander';
import type { HealthRow } from '../../agent/index.ts';
import { formatDuration } from '../output/duration.ts';
import { formatTable } from '../output/table.ts';
import { formatVotes } from '../output/votes.ts';
import type { Io } from '../support/io.ts';
import { addListing, byService } from '../support/listing.ts';

export function addHealth(program: Command, io: Io): void {
  const { narrowedBy, narrow } = byService<HealthRow>();
  addListing<HealthRow>(program, io, {
    what: 'health',
    description: 'List the containers with a health check, and what each host that checks them says.',
    watch: true,
    narrowedBy,
    // A service without a check is known, too.
    narrow: (command) => {
      const narrowed = narrow(command);
      return (rows) => narrowed(rows).filter(hasCheck);
    },
    examples: `  drover health
  drover health shop/web --watch
  drover health --json | jq '.[] | select(.health == "unhealthy")'`,
    format: formatHealth,
  });
}

function hasCheck({ check, votes }: HealthRow): boolean {
  return check !== null || votes.length > 0;
}

export function formatHealth(rows: readonly HealthRow[], nowMs: number): string {
  if (rows.length === 0)
    return 'No container has a health check. To declare one, set the label drover.health.port (docs/health.md).';
  const isQuiet = rows.every(({ next }) => nextText(next, nowMs) === '');
  return formatTable(rows, [
    { title: 'SERVICE', value: ({ stack, service }) => [stack, service].filter(Boolean).join('/') },
    { title: 'CONTAINER', value: ({ container, host }) => `${container} on ${host}` },
    { title: 'HEALTH', value: (row) => healthText(row, nowMs) },
    { title: 'CHECK', value: checkText },
    ...(isQuiet ? [] : [{ title: 'NEXT', value: ({ next }: HealthRow) => nextText(next, nowMs) }]),
    { title: 'CHECKED BY', value: ({ votes }) => formatVotes(votes, nowMs) },
  ]);
}

function healthText({ state, health, sinceMs }: HealthRow, nowMs: number): string {
  if (state !== 'running' && state !== 'starting') return state;
  const since = sinceMs === null ? '' : ` for ${formatDuration(nowMs - sinceMs)}`;
  return health === null ? 'no result' : `${health}${since}`;
}

/** What Drover does next about a container; empty: nothing. Agents of earlier versions do not tell. */
function nextText(next: HealthRow['next'] | undefined, nowMs: number): string {
  switch (next?.kind) {
    case 'recreate':
      return next.atMs === null ? 'recreate' : `recreate in ${formatDuration(next.atMs - nowMs)}`;
    case 'wait': {
      const until = next.atMs === null ? '' : `, up to ${formatDuration(next.atMs - nowMs)}`;
      return `wait to recreate: ${next.why}${until}`;
    }
    case 'stopped':
      return `stopped: ${next.why}`;
    default:
      return '';
  }
}

const MAX_COMMAND_CHARS = 60;

/** `TCP 80`, `GET "/ping" "HTTP/1.0" 8080, expects 200`, `pg_isready -q`. */
function checkText({ check }: HealthRow): string {
  if (check === null) return "Docker's HEALTHCHECK";
  // Agents of earlier versions have no commands.
  if (check.exec) {
    const words = check.exec[0] === '/bin/sh' && check.exec[1] === '-c' ? check.exec.slice(2) : check.exec;
    const line = words.join(' ').replaceAll(/[\s\p{Cc}]+/gu, ' ');
    return line.slice(0, MAX_COMMAND_CHARS);
  }
  const expected = check.expectedStatus ? `, expects ${check.expectedStatus}` : '';
  return `${check.requestLine ?? 'TCP'} ${check.port}${expected}`;
}
