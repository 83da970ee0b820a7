import type { Command } from 'commander';
import type { ServiceRow } from '../../agent/index.ts';
import { formatExit } from '../output/duration.ts';
import { formatTable } from '../output/table.ts';
import type { Io } from '../support/io.ts';
import { addListing } from '../support/listing.ts';

export function addServices(program: Command, io: Io): void {
  addListing<ServiceRow>(program, io, {
    what: 'services',
    description: 'List services, the endpoints that DNS returns, and why others are left out.',
    examples: `  drover services
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
    { title: 'READY', value: ({ answered, total }) => `${answered}/${total}` },
    { title: 'ADDRESSES', value: ({ endpoints }) => addressesIn(endpoints) },
  ]);
  const notes = rows.flatMap((row) => leftOut(row, nowMs));
  return notes.length === 0 ? table : `${table}\n\nLeft out:\n${notes.map((line) => `  ${line}`).join('\n')}`;
}

function addressesIn(endpoints: ServiceRow['endpoints']): string {
  return endpoints
    .filter(({ answered }) => answered)
    .map(({ address }) => address)
    .join(' ');
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
