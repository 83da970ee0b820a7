import type { Command } from 'commander';
import { VERSION } from '../../agent/index.ts';
import type { Io } from '../support/io.ts';

export function addVersion(program: Command, io: Io): void {
  const command = program
    .command('version')
    .description('Print the versions of Drover and Node.')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  drover version\n  drover version --json')
    .action(() => {
      const { json } = command.opts<{ json?: boolean }>();
      const versions = { drover: VERSION, node: process.versions.node };
      io.print(json ? JSON.stringify(versions) : `drover ${versions.drover} (node ${versions.node})`);
    });
}
