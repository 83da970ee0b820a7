import type { Command } from 'commander';
import type { GoneClaim } from '../../agent/index.ts';
import { formatTable } from '../output/table.ts';
import { askRunning } from '../support/ask-agent.ts';
import type { Io } from '../support/io.ts';
import { findAgent, takesSettings } from '../support/settings.ts';

export function addForget(program: Command, io: Io): void {
  const command = program
    .command('forget')
    .argument('[host-id]', 'the host to forget; without it, the hosts that are gone are listed')
    .description("List hosts that are gone but still hold a subnet, or release one host's subnet.")
    .addHelpText(
      'after',
      `
A host keeps its subnet of the managed network while it is down. If a host will not come back and you cannot run
'drover down' on it, release its subnet with this command.

Examples:
  drover forget
  drover forget 3f0c9a52-6c0e-4f0b-9a51-2f1f6f1c7d11`,
    );
  takesSettings(command).action(async (host: string | undefined) => {
    const place = await findAgent(io, command);
    if (host === undefined) {
      return io.print(formatGone(await askRunning<readonly GoneClaim[]>(place, { method: 'GET', path: '/v1/gone' })));
    }
    const request = { method: 'POST', path: '/v1/forget', body: { host } } as const;
    const { subnets } = await askRunning<{ readonly subnets: readonly string[] }>(place, request);
    io.print(`Released: ${subnets.join(' ')}`);
  });
}

export function formatGone(claims: readonly GoneClaim[]): string {
  if (claims.length === 0) return 'No host that is gone holds a subnet.';
  return formatTable(claims, [
    { title: 'HOST ID', value: ({ hostId }) => hostId },
    { title: 'SUBNET', value: ({ subnet }) => subnet },
  ]);
}
