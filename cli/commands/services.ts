import type { Command } from 'commander';
import type { ServiceRow } from '../../agent/index.ts';
import { formatExit } from '../output/duration.ts';
import { formatTable } from '../output/table.ts';
import { withVotes } from '../output/votes.ts';
import type { Io } from '../support/io.ts';
import { addListing, byService } from '../support/listing.ts';

export function addServices(program: Command, io: Io): void {
  addListing<ServiceRow>(program, io, {
    what: 'services',
    description: 'List services, the endpoints that DNS returns, and why others are left out.',
    watch: true,
    ...byService(),
    examples: `  drover services
  drover services shop --watch
  drover services --json | jq '.[] | select(.answered == 0)'`,
    format: formatServices,
  });
}

export function formatServices(rows: readonly ServiceRow[], nowMs: number): string {
  if (rows.length === 0) return 'No services.';
  const table = formatTable(rows, [
    { title: 'STACK', value: ({ stack }) => stack },
    { title: 'SERVICE', value: ({ service }) => service },
    { title: 'KIND', value: ({ kind }) => kind },
    { title: 'READY', value: readyText },
    ...(rows.some(({ published }) => published?.length)
      ? [{ title: 'PUBLISHED', value: ({ published = [] }: ServiceRow) => published.join(' ') }]
      : []),
    { title: 'ADDRESSES', value: addressesOf },
  ]);
  const notes = rows.flatMap((row) => leftOut(row, nowMs));
  return notes.length === 0 ? table : `${table}\n\nLeft out:\n${notes.map((line) => `  ${line}`).join('\n')}`;
}

/** `1/2 (1 failing)`; with the endpoints that are answered although they are not ready: `0/2 (2 failing, still answered)`. */
function readyText({ ready, answered, total, endpoints, externalName }: ServiceRow): string {
  if (total === 0 && externalName) return '';
  const still = counted(endpoints.filter((one) => one.answered && !READY.has(one.standing)));
  const failing = counted(endpoints.filter((one) => !one.answered && UNHEALTHY.has(one.standing)));
  const notes = [...failing, ...still.slice(0, -1), ...still.slice(-1).map((last) => `${last}, still answered`)];
  return `${ready ?? answered}/${total}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
}

type Standings = ReadonlySet<ServiceRow['endpoints'][number]['standing']>;
const READY: Standings = new Set(['ready', 'unchecked', null, undefined]);
const UNHEALTHY: Standings = new Set(['initializing', 'failing', 'unhealthy']);

/** `2 failing`, in order of the first one. */
function counted(endpoints: ServiceRow['endpoints']): readonly string[] {
  const counts = Map.groupBy(endpoints, ({ standing }) => standing);
  return [...counts].map(([standing, { length }]) => `${length} ${standing}`);
}

function addressesOf({ endpoints, externalName }: ServiceRow): string {
  const addresses = endpoints.filter(({ answered }) => answered).map(({ address }) => address);
  return [...(externalName ? [externalName] : []), ...addresses].join(' ');
}

function leftOut({ stack, service, endpoints, notes }: ServiceRow, nowMs: number): readonly string[] {
  const name = `${stack}/${service}`;
  const lines = endpoints
    .filter(({ answered }) => !answered)
    .map((one) => {
      const where = one.host === null ? '' : ` on ${one.host}`;
      const reason = one.exit ? formatExit(one.exit, nowMs) : withVotes(one.reason, one.votes, nowMs);
      return `${name}: ${one.container ?? one.address ?? 'endpoint'}${where}: ${reason}`;
    });
  return [...lines, ...notes.map((note) => `${name}: ${note}`)];
}
