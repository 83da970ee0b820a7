import type { Command } from 'commander';
import type { JsonValue } from '../../model/index.ts';
import { runServer } from '../server/run-server.ts';
import type { Io } from '../support/io.ts';
import { parseListen } from '../support/listen-option.ts';
import { takesSettings } from '../support/settings.ts';
import { runAnswers, takesAnswersFlags } from './metadata-answers.ts';

export function addMetadata(program: Command, io: Io): void {
  const command = takesAnswersFlags(program.command('metadata'))
    .description('Serve metadata over HTTP from the state of this host. The agent starts it; it also runs on its own.')
    .option('--listen <address:port>', 'where to answer (default: port 80 of the service address)')
    .addHelpText(
      'after',
      `
It answers once it knows a whole picture: the agent's, or while the agent is away what is on disk.

Examples:
  drover metadata
  drover metadata --listen 127.0.0.1:8080
  drover metadata --answers /etc/rancher-metadata/answers.json --listen 10.0.0.5:80`,
    );
  takesSettings(command).action(() => (command.opts().answers ? runAnswers(io, command) : runMetadata(io, command)));
}

function runMetadata(io: Io, command: Command): Promise<void> {
  // The state is followed: there is nothing to read again, and nothing to end for.
  process.on('SIGHUP', () => undefined);
  return runServer(io, command, 'metadata', async ({ config, followed, clock, log }) => {
    const { prepareMetadata } = await import('../../metadata/index.ts');
    const { returnFreeMemory } = await import('../../system/index.ts');
    const { listen } = command.opts<{ listen?: string }>();
    const { view, identify, onChange: onViewChange } = followed;
    const { compatContentType, trustedProxies } = config.metadata;
    const address = listen === undefined ? { address: config.dns.address, port: 80 } : parseListen(listen);
    const bind = prepareMetadata({ view, identify, onViewChange, clock, log, resolver: config.dns.address });
    returnFreeMemory();
    return async () => {
      const server = await bind({ listen: [address], compatContentType, trustedProxies });
      const report = () => server.stats() as unknown as { [key: string]: JsonValue };
      return { report, close: () => server.close() };
    };
  });
}
