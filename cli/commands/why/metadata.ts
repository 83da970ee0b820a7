import type { Command } from 'commander';
import type { MetadataExplanation, MetadataWhyRequest } from '../../../metadata/index.ts';
import { formatMetadataExplanation } from '../../output/metadata-explanation.ts';
import { askOrSaved } from '../../support/ask-agent.ts';
import { type Io, valueOrFail } from '../../support/io.ts';
import { findAgent, takesSettings } from '../../support/settings.ts';

interface Options {
  readonly from?: string;
  readonly json?: boolean;
}

export function addWhyMetadata(why: Command, io: Io): void {
  const command = why
    .command('metadata')
    .argument('<path>', 'the path as a program would request it; without a leading slash, below /latest')
    .description('Explain what metadata answers at a path, and why.')
    .option('--from <container|address>', 'the client: name or id of a container, or an address (default: any)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Exit code 0 for any answer; 1 if the client of --from does not exist.

Examples:
  drover why metadata self/service/metadata --from shop-web-1
  drover why metadata /2015-12-19/stacks/shop/services/web/containers
  drover why metadata self --from 10.42.1.7`,
    );
  takesSettings(command).action(async (path: string) => {
    const place = await findAgent(io, command);
    const { from = null, json } = command.opts<Options>();
    const request: MetadataWhyRequest = { asked: { path, from }, settings: { resolver: place.config.dns.address } };
    const asked = { method: 'POST', path: '/v1/why/metadata', body: request } as const;
    const explanation = await askOrSaved<MetadataExplanation>(io, place, asked, async (view) =>
      valueOrFail((await import('../../../metadata/index.ts')).explainPath(view, request)),
    );
    io.print(json ? JSON.stringify(explanation, null, 2) : formatMetadataExplanation(explanation));
  });
}
