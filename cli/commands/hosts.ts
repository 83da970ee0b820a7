import type { Command } from 'commander';
import type { HostRow } from '../../agent/index.ts';
import { formatTable } from '../output/table.ts';
import type { Io } from '../support/io.ts';
import { addListing } from '../support/listing.ts';

export function addHosts(program: Command, io: Io): void {
  addListing<HostRow>(program, io, {
    what: 'hosts',
    description: 'List the hosts of the environment whose agents run.',
    examples: `  drover hosts
  drover hosts --json | jq -r '.[].address'
  drover forget          # hosts that are gone, and still hold a subnet`,
    format: formatHosts,
  });
}

export function formatHosts(rows: readonly HostRow[]): string {
  if (rows.length === 0) return 'No hosts.';
  return formatTable(rows, [
    { title: 'HOST', value: ({ name, self }) => (self ? `${name} (this host)` : name) },
    { title: 'ADDRESS', value: ({ address }) => address },
    { title: 'SUBNETS', value: ({ subnets }) => subnets.join(' ') },
    { title: 'CONTAINERS', value: ({ containers }) => String(containers) },
    {
      title: 'COMPONENTS',
      value: ({ failing }) => (failing.length === 0 ? 'ok' : `failing: ${failing.join(', ')}`),
    },
    { title: 'AGENT', value: ({ agentVersion }) => agentVersion },
    { title: 'ID', value: ({ id }) => id },
  ]);
}
