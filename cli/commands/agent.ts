import { once } from 'node:events';
import { join } from 'node:path';
import type { Command } from 'commander';
import { type Agent, type Program, startAgent } from '../../agent/index.ts';
import type { AdjustableLog } from '../../system/index.ts';
import { hostTools } from '../support/host-tools.ts';
import { describe, EXIT, type Io } from '../support/io.ts';
import { loadSettings, readSettings, type Settings, takesSettings } from '../support/settings.ts';

export function addAgent(program: Command, io: Io): void {
  const command = program
    .command('agent')
    .description("Run this host's agent: it follows Docker and the bus, and keeps dns and metadata running.")
    .addHelpText(
      'after',
      `
The agent stops on SIGTERM or SIGINT. dns and metadata keep answering, and the next agent takes them over. To stop them
too, run 'drover down'. On SIGHUP the agent reads its configuration again: settings below dns, metadata and log take
effect without a lost query; the log and 'drover status' name those that need a restart of the agent.

Examples:
  drover agent
  drover agent --config /etc/drover/drover.yaml --log-level debug
  drover agent --bus-driver consul --bus-consul-addresses http://127.0.0.1:8500`,
    );
  takesSettings(command).action(async () => {
    // Registered first: without a handler, SIGHUP would end an agent that is just starting.
    const started = Promise.withResolvers<{ readonly agent: Agent; readonly log: AdjustableLog }>();
    process.on('SIGHUP', async () => {
      const { agent, log } = await started.promise;
      log.level = agent.reload(await loadSettings(io, command)).log.level;
    });
    const settings = await readSettings(io, command);
    const { config, warnings } = settings;
    const { createCommandShells } = await import('../../system/index.ts');
    const shells = createCommandShells();
    const tools = { ...(await hostTools('agent', config.log)), run: shells.run };
    for (const warning of warnings) tools.log.warn({ problem: warning }, 'configuration warning');
    const program = programOf(settings);
    const agent = await startAgent(tools, { config, warnings, program }).catch((error: Error) => {
      io.warn(`drover: the agent cannot start: ${describe(error)}`);
      // Sockets and timers of a half-started agent must not keep the process alive.
      process.exit(EXIT.failed);
    });
    started.resolve({ agent, log: tools.log });
    const wentDown = await Promise.race([
      agent.wentDown.then(() => true),
      once(process, 'SIGTERM').then(() => false),
      once(process, 'SIGINT').then(() => false),
    ]);
    if (!wentDown && config.supervise) tools.log.info({}, "dns and metadata keep running; 'drover down' stops them");
    await agent.close();
    shells.close();
    // A handle that a library still holds must not keep a closed agent alive.
    process.exit(wentDown ? EXIT.down : EXIT.ok);
  });
}

/** This program with another command and the same configuration. */
function programOf({ sameAgain }: Settings): Program {
  const main = join(import.meta.dirname, '..', 'main.ts');
  return (command) => ({ file: process.execPath, args: [...process.execArgv, main, command, ...sameAgain] });
}
