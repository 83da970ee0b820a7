import type { Command } from 'commander';
import { askRunning } from '../support/ask-agent.ts';
import type { Io } from '../support/io.ts';
import { findAgent, takesSettings } from '../support/settings.ts';

interface Confirmed {
  readonly deletions: readonly string[];
}

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
    const place = await findAgent(io, command);
    const request = { method: 'POST', path: '/v1/confirm', body: { part } } as const;
    const { deletions } = await askRunning<Confirmed>(place, request, ', so no deletions are held');
    io.print(deletions.length === 0 ? `${part} holds no deletions.` : `Confirmed:\n${deletions.join('\n')}`);
  });
}
