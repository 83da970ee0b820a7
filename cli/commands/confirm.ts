import type { Command } from 'commander';
import { askAgent, controlSocket } from '../../agent/index.ts';
import { CommandFailure, type Io } from '../support/io.ts';
import { agentNotRunning } from '../support/listing.ts';
import { readSettings, takesSettings } from '../support/settings.ts';

export function addConfirm(program: Command, io: Io): void {
  const command = program
    .command('confirm')
    .argument('<part>', "the part whose deletions are held, as named by 'drover status'")
    .description('Confirm the deletions that a part is holding.')
    .addHelpText(
      'after',
      `
If a part would delete more than a set share of what it owns, it holds the deletions, because its source may be wrong.
Check the source first (drover hosts, drover services), then confirm. Only the deletions held now are carried out; the
limit still applies to later ones.

Examples:
  drover confirm managed-routing`,
    );
  takesSettings(command).action(async (part: string) => {
    const { config } = await readSettings(io, command);
    const reply = await askAgent(controlSocket(config), { method: 'POST', path: '/v1/confirm', body: { part } });
    if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
    if (reply.kind !== 'answer') throw agentNotRunning(config.runDir, ', so no deletions are held');
    const { deletions } = reply.body as { deletions: readonly string[] };
    io.print(deletions.length === 0 ? `${part} holds no deletions.` : `Confirmed:\n${deletions.join('\n')}`);
  });
}
