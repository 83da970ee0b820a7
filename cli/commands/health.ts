import type { Command } from 'commander';
import type { HealthRow } from '../../agent/index.ts';
import { formatDuration } from '../output/duration.ts';
import { formatTable } from '../output/table.ts';
import type { Io } from '../support/io.ts';
import { addListing, byService } from '../support/listing.ts';

export function addHealth(program: Command, io: Io): void {
  addListing<HealthRow>(program, io, {
    what: 'health',
    description: 'List the containers with a health check, and what each host that checks them says.',
    watch: true,
    ...byService(),
    examples: `  drover health
  drover health shop/web --watch
  drover health --json | jq '.[] | select(.health == "unhealthy")'`,
    format: formatHealth,
  });
}

export function formatHealth(rows: readonly HealthRow[], nowMs: number): string {
  if (rows.length === 0) return 'No container has a health check.';
  return formatTable(rows, [
    { title: 'SERVICE', value: ({ stack, service }) => `${stack}/${service}` },
    { title: 'CONTAINER', value: ({ container, host }) => `${container} on ${host}` },
    { title: 'HEALTH', value: healthText },
    { title: 'CHECK', value: checkText },
    { title: 'CHECKED BY', value: ({ votes }) => votes.map((vote) => voteText(vote, nowMs)).join('; ') },
  ]);
}

function healthText({ state, health }: HealthRow): string {
  return state === 'running' || state === 'starting' ? (health ?? 'not checked yet') : state;
}

/** `TCP 80`, `GET "/ping" "HTTP/1.0" 8080`. */
function checkText({ check }: HealthRow): string {
  return check ? `${check.requestLine ?? 'TCP'} ${check.port}` : "Docker's own";
}

function voteText({ host, opinion, sinceMs, text }: HealthRow['votes'][number], nowMs: number): string {
  if (opinion === 'none' || sinceMs === null) return `${host}: no result yet`;
  const since = formatDuration(nowMs - sinceMs);
  return `${host}: ${opinion} for ${since}${text === '' ? '' : ` (${text})`}`;
}
