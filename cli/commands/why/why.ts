import type { Command } from 'commander';
import type { Io } from '../../support/io.ts';
import { addWhyDns } from './dns.ts';
import { addWhyLb } from './lb.ts';
import { addWhyMetadata } from './metadata.ts';
import { addWhyPath } from './path.ts';

export function addWhy(program: Command, io: Io): void {
  const command = program
    .command('why')
    .description('Explain an answer of DNS, metadata or the load balancer, or the path to a container.')
    .addHelpText(
      'after',
      `
It sends no query. It runs the server's own code on the state of the agent, or (but for paths) on the saved state if the
agent is not running.

Examples:
  drover why dns web.shop --from shop-app-1
  drover why metadata self/service/metadata --from shop-app-1
  drover why lb http://shop.example.com/api
  drover why path shop-app-1 web.shop:80`,
    );
  for (const add of [addWhyDns, addWhyMetadata, addWhyLb, addWhyPath]) add(command, io);
}
