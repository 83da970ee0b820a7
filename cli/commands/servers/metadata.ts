import type { Command } from 'commander';
import type { JsonValue } from '../../../model/index.ts';
import { runServer } from '../../server/run-server.ts';
import type { Io } from '../../support/io.ts';
import { parseListen } from '../../support/listen-option.ts';
import { takesSettings } from '../../support/settings.ts';
import { runAnswers, takesAnswersFlags } from './metadata-answers.ts';

/** The previous metadata server releases the port after this one has loaded. */
const ROLE = { role: 'metadata', portWaitMs: 15_000 };

export function addMetadata(program: Command, io: Io): void {
  const command = takesAnswersFlags(program.command('metadata'))
    .description('Run the metadata server (HTTP). The agent starts it; you can also run it by hand.')
    .option('--listen <address:port>', 'address to listen on (default: port 80 of the service address)')
    .addHelpText(
      'after',
      `
It starts to answer after loading a complete state: the agent's, or the saved state if the agent is not running.

Examples:
  drover metadata
  drover metadata --listen 127.0.0.1:8080
  drover metadata --answers /etc/rancher-metadata/answers.json --listen 10.0.0.5:80`,
    );
  takesSettings(command).action(() => (command.opts().answers ? runAnswers(io, command) : runMetadata(io, command)));
}

function runMetadata(io: Io, command: Command): Promise<void> {
  // The state is always current, so there is nothing to reload. Without a handler SIGHUP would end the process.
  process.on('SIGHUP', () => undefined);
  return runServer(io, command, ROLE, async ({ config, followed, clock, log }) => {
    const { prepareMetadata } = await import('../../../metadata/index.ts');
    const { returnFreeMemory } = await import('../../../system/index.ts');
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
