import type { Command } from 'commander';
import { askAgent, controlSocket } from '../../agent/index.ts';
import { CommandFailure, EXIT, type Io } from '../support/io.ts';
import { awayProblem } from '../support/listing.ts';
import { readSettings, takesSettings } from '../support/settings.ts';

export function addConfirm(program: Command, io: Io): void {
  const command = program
    .command('confirm')
    .argument('<part>', "the part that holds deletions back, as 'drover status' names it")
    .description('Allow the deletions a part holds back.')
    .addHelpText(
      'after',
      `
A part that would delete more than a share of what it owns stops and says so: the source may be wrong. Look at the source
first (drover hosts, drover services), then confirm. Only what is held now is deleted; the limit stays for what follows.

Examples:
  drover confirm managed-routing`,
    );
  takesSettings(command).action(async (part: string) => {
    const { config } = await readSettings(io, command);
    const reply = await askAgent(controlSocket(config), { method: 'POST', path: '/v1/confirm', body: { part } });
    if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
    if (reply.kind !== 'answer') {
      throw new CommandFailure([awayProblem(config.runDir, 'so nothing is held back')], EXIT.away);
    }
    const { deletions } = reply.body as { deletions: readonly string[] };
    io.print(deletions.length === 0 ? `${part} holds nothing back.` : `Confirmed:\n${deletions.join('\n')}`);
  });
}
