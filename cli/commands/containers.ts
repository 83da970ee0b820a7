import type { Command } from 'commander';
import type { ContainerRow } from '../../agent/index.ts';
import { formatExit } from '../output/duration.ts';
import { formatTable } from '../output/table.ts';
import type { Io } from '../support/io.ts';
import { addListing, rowsOf } from '../support/listing.ts';

export function addContainers(program: Command, io: Io): void {
  addListing<ContainerRow>(program, io, {
    what: 'containers',
    description: 'List the containers of all hosts, and the addresses at which this host reaches them.',
    watch: true,
    narrowedBy: (command) => command.option('--stack <stack>', 'only the containers of this stack'),
    narrow: (command) => {
      const { stack } = command.opts<{ stack?: string }>();
      return (rows) => (stack === undefined ? rows : rowsOf(rows, { stack, service: null }));
    },
    examples: `  drover containers
  drover containers --stack shop
  drover containers --json | jq '.[] | select(.host == "alpha") | .name'`,
    format: formatContainers,
  });
}

export function formatContainers(rows: readonly ContainerRow[], nowMs: number): string {
  if (rows.length === 0) return 'No containers.';
  return formatTable(rows, [
    { title: 'HOST', value: ({ host }) => host },
    { title: 'CONTAINER', value: ({ name }) => name },
    { title: 'SERVICE', value: ({ stack, service }) => [stack, service].filter(Boolean).join('/') },
    { title: 'STATE', value: (row) => stateText(row, nowMs) },
    { title: 'ADDRESS', value: ({ address, via, reason }) => (address ? `${address} (${via})` : `none: ${reason}`) },
  ]);
}

function stateText({ state, health, exit }: ContainerRow, nowMs: number): string {
  if (!exit) return health === null ? state : `${state}, ${health}`;
  const exited = formatExit(exit, nowMs);
  return state === 'restarting' ? `restarting, ${exited}` : exited;
}
