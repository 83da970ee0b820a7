import type { Command } from 'commander';
import type { ServiceRow } from '../../agent/index.ts';
import { formatExit } from '../output/duration.ts';
import { formatTable } from '../output/table.ts';
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
    { title: 'ADDRESSES', value: addressesOf },
  ]);
  const notes = rows.flatMap((row) => leftOut(row, nowMs));
  return notes.length === 0 ? table : `${table}\n\nLeft out:\n${notes.map((line) => `  ${line}`).join('\n')}`;
}

/** `1/2`; with the endpoints that are answered although they are not ready: `0/2 (2 failing, still answered)`. */
function readyText({ ready, answered, total, endpoints, externalName }: ServiceRow): string {
  if (total === 0 && externalName) return '';
  const counts = new Map<string, number>();
  for (const { answered: given, standing } of endpoints) {
    if (given && standing && !USUAL.has(standing)) counts.set(standing, (counts.get(standing) ?? 0) + 1);
  }
  const still = [...counts].map(([standing, count]) => `${count} ${standing}`).join(', ');
  return `${ready ?? answered}/${total}${still === '' ? '' : ` (${still}, still answered)`}`;
}

const USUAL: ReadonlySet<string> = new Set(['ready', 'unchecked']);

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
      const reason = one.exit ? formatExit(one.exit, nowMs) : one.reason;
      return `${name}: ${one.container ?? one.address ?? 'endpoint'}${where}: ${reason}`;
    });
  return [...lines, ...notes.map((note) => `${name}: ${note}`)];
}
