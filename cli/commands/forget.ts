import type { Command } from 'commander';
import { askAgent, controlSocket, type GoneClaim } from '../../agent/index.ts';
import { formatTable } from '../output/table.ts';
import { CommandFailure, EXIT, type Io } from '../support/io.ts';
import { awayProblem } from '../support/listing.ts';
import { readSettings, takesSettings } from '../support/settings.ts';

export function addForget(program: Command, io: Io): void {
  const command = program
    .command('forget')
    .argument('[host-id]', 'the host that does not come back; without it, those that are gone are listed')
    .description('List hosts that are gone and hold a subnet, or give the subnet of one back.')
    .addHelpText(
      'after',
      `
A host keeps its subnet of the managed network while it is away. One that will not come back, and on which nobody can run
'drover down', is forgotten here.

Examples:
  drover forget
  drover forget 3f0c9a52-6c0e-4f0b-9a51-2f1f6f1c7d11`,
    );
  takesSettings(command).action(async (host: string | undefined) => {
    const { config } = await readSettings(io, command);
    const request =
      host === undefined
        ? ({ method: 'GET', path: '/v1/gone' } as const)
        : ({ method: 'POST', path: '/v1/forget', body: { host } } as const);
    const reply = await askAgent(controlSocket(config), request);
    if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
    if (reply.kind === 'away') throw new CommandFailure([awayProblem(config.runDir, 'only it can tell')], EXIT.away);
    if (host === undefined) return io.print(formatGone(reply.body as readonly GoneClaim[]));
    io.print(`Given back: ${(reply.body as { subnets: readonly string[] }).subnets.join(' ')}`);
  });
}

export function formatGone(claims: readonly GoneClaim[]): string {
  if (claims.length === 0) return 'No host that is gone holds a subnet.';
  return formatTable(claims, [
    { title: 'HOST ID', value: ({ hostId }) => hostId },
    { title: 'SUBNET', value: ({ subnet }) => subnet },
  ]);
}
