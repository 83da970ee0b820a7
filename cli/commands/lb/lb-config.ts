import type { Command } from 'commander';
import { askRunning } from '../../support/ask-agent.ts';
import type { Io } from '../../support/io.ts';
import { findAgent, takesSettings } from '../../support/settings.ts';

export function addLbConfig(lb: Command, io: Io): void {
  const command = lb
    .command('config')
    .description('Print the configuration of HAProxy that is in force.')
    .addHelpText(
      'after',
      `
Hashes of passwords are replaced by ***. Servers that were added or removed since the last reload are in it, too.

Examples:
  drover lb config
  drover lb config | grep -A 20 '^backend '`,
    );
  takesSettings(command).action(async () => {
    const place = await findAgent(io, command);
    const { text } = await askRunning<{ readonly text: string }>(place, { method: 'GET', path: '/v1/lb/config' });
    io.print(text);
  });
}
