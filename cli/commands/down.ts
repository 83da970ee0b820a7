import type { Command } from 'commander';
import { askAgent, controlSocket, tearDownHost } from '../../agent/index.ts';
import { formatProblem, type Problem } from '../../model/index.ts';
import { hostTools } from '../support/host-tools.ts';
import { CommandFailure, EXIT, type Io } from '../support/io.ts';
import { readSettings, takesSettings } from '../support/settings.ts';

export function addDown(program: Command, io: Io): void {
  const command = program
    .command('down')
    .description('Stop the agent, dns and metadata of this host, and remove what they created.')
    .addHelpText(
      'after',
      `
Removes the network namespace and its rules, the managed network and its routes, and this host's entry on the bus.
Restores the containers' resolv.conf. Keeps the data directory, so that 'drover agent' can continue from it.

Examples:
  drover down`,
    );
  takesSettings(command).action(async () => {
    const { config } = await readSettings(io, command);
    const reply = await askAgent(controlSocket(config), { method: 'POST', path: '/v1/down', timeoutMs: 120_000 });
    if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
    const problems =
      reply.kind === 'answer'
        ? (reply.body as { problems: readonly Problem[] }).problems
        : await tearDownHost(await hostTools('down', { level: 'warn', format: 'auto' }), config);
    for (const problem of problems) io.warn(`drover: ${formatProblem(problem)}`);
    io.setExitCode(problems.length === 0 ? EXIT.ok : EXIT.failed);
    if (problems.length === 0) io.print('Drover is stopped, and everything it created on this host is removed.');
  });
}
