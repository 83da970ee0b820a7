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
      io.print(json ? JSON.stringify({ drover: VERSION, node: process.versions.node }) : versionLine());
    });
}

export function versionLine(): string {
  return `drover ${VERSION} (node ${process.versions.node})`;
}
