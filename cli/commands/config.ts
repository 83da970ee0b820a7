import type { Command } from 'commander';
import { CommandFailure, EXIT, type Io, warnOf } from '../support/io.ts';
import { loadSettings, takesSettings } from '../support/settings.ts';

export function addConfig(program: Command, io: Io): void {
  const config = program
    .command('config')
    .description('Check the configuration.')
    .addHelpText('after', '\nExamples:\n  drover config check');
  const check = config
    .command('check')
    .description(
      'Check file, environment and flags as the agent reads them, and print what is wrong, with line and hint.',
    )
    .addHelpText(
      'after',
      `
Exit code 0: valid; 64: not valid. It changes nothing. To apply a changed file to a running agent, send it SIGHUP: the
agent's log and 'drover status' name settings that need a restart.

Examples:
  drover config check
  drover config check --config /etc/drover/new.yaml && systemctl reload drover`,
    );
  takesSettings(check).action(async () => {
    const loaded = await loadSettings(io, check);
    if (!loaded.ok) throw new CommandFailure(loaded.problems, EXIT.usage);
    warnOf(io, loaded.warnings);
    io.print(`${loaded.file ?? 'The configuration (no file: environment, flags and defaults)'} is valid.`);
  });
}
