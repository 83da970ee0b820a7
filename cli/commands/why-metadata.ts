import type { Command } from 'commander';
import type { MetadataExplanation, MetadataWhyRequest } from '../../metadata/index.ts';
import { formatMetadataExplanation } from '../output/metadata-explanation.ts';
import { askWhy } from '../support/ask-why.ts';
import type { Io } from '../support/io.ts';
import { readSettings, takesSettings } from '../support/settings.ts';

interface Options {
  readonly from?: string;
  readonly json?: boolean;
}

export function addWhyMetadata(why: Command, io: Io): void {
  const command = why
    .command('metadata')
    .argument('<path>', 'as a program would ask for it: /latest/self/service/name, or below latest: self/service/name')
    .description('Explain what the metadata has at a path, for whom and why.')
    .option('--from <container|address>', 'who asks: a container by name or id, or an address (default: anybody)')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Exit code 0 whatever the answer is; 1: nobody is called as --from says.

Examples:
  drover why metadata self/service/metadata --from shop-web-1
  drover why metadata /2015-12-19/stacks/shop/services/web/containers
  drover why metadata self --from 10.42.1.7`,
    );
  takesSettings(command).action(async (path: string) => {
    const { config } = await readSettings(io, command);
    const { from = null, json } = command.opts<Options>();
    const request: MetadataWhyRequest = { asked: { path, from }, settings: { resolver: config.dns.address } };
    const explanation = await askWhy<MetadataExplanation>(io, config, {
      about: 'metadata',
      request,
      bySaved: async (view) => (await import('../../metadata/index.ts')).explainPath(view, request),
    });
    io.print(json ? JSON.stringify(explanation, null, 2) : formatMetadataExplanation(explanation));
  });
}
