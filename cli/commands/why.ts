import type { Command } from 'commander';
import type { Io } from '../support/io.ts';
import { addWhyDns } from './why-dns.ts';
import { addWhyMetadata } from './why-metadata.ts';

export function addWhy(program: Command, io: Io): void {
  const command = program
    .command('why')
    .description('Explain what DNS or the metadata answers, to whom and why.')
    .addHelpText(
      'after',
      `
It asks nobody: the answer is worked out by the code of the server, from the state the agent has, or while the agent is away
from what is on disk.

Examples:
  drover why dns web.shop --from shop-app-1
  drover why metadata self/service/metadata --from shop-app-1`,
    );
  for (const add of [addWhyDns, addWhyMetadata]) add(command, io);
  for (const each of command.commands) each.exitOverride();
}
