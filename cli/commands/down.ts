import type { Command } from 'commander';
import { askAgent, type Config, checkDown, controlSocket, tearDownHost, tearDownSubjects } from '../../agent/index.ts';
import { formatProblem, type Problem } from '../../model/index.ts';
import { hostTools } from '../support/host-tools.ts';
import { CommandFailure, EXIT, type Io, warnOf } from '../support/io.ts';
import { readSettings, takesSettings } from '../support/settings.ts';

export function addDown(program: Command, io: Io): void {
  const command = program
    .command('down')
    .description('Stop the agent, dns and metadata of this host, and remove what they created.')
    .option('--dry-run', 'only show what would be removed, and what has to be removed first')
    .option('--force', 'do not stop if containers still use the managed network, or Docker does not respond')
    .addHelpText(
      'after',
      `
Checks first, and changes nothing if running containers or Swarm services need Drover: remove what it names, in that order.
Then removes the network namespace and its rules, the managed network and its routes, and this host's entry on the bus.
Restores the containers' resolv.conf, and replaces Drover in it by the resolvers of this host. Says what else to change.
Keeps the data directory, so that 'drover agent' can continue from it.

Exit code 0: everything is removed; 1: something has to be removed first, or could not be removed.

Examples:
  drover down --dry-run
  drover down`,
    );
  takesSettings(command).action(async () => {
    const { config } = await readSettings(io, command);
    const { dryRun = false, force = false } = command.opts<{ dryRun?: boolean; force?: boolean }>();
    const { blockers, advice } = await checkDown(config);
    const isBlocked = blockers.length > 0 && !force;
    if (dryRun) io.print(list('Drover would restore, stop or remove, in this order:', await tearDownSubjects(config)));
    if (blockers.length > 0) io.print(list('First, in this order:', blockers.map(formatProblem)));
    if (dryRun) printAdvice(io, advice);
    if (dryRun || isBlocked) {
      if (!dryRun) io.warn('drover: nothing was changed; see above what has to be removed first');
      io.setExitCode(blockers.length === 0 ? EXIT.ok : EXIT.failed);
      return;
    }
    const problems = await down(config);
    warnOf(io, problems);
    io.setExitCode(problems.length === 0 ? EXIT.ok : EXIT.failed);
    if (problems.length === 0) io.print('Drover is stopped, and everything it created on this host is removed.');
    printAdvice(io, advice);
    io.print(remaining(config));
  });
}

async function down(config: Config): Promise<readonly Problem[]> {
  const reply = await askAgent(controlSocket(config), { method: 'POST', path: '/v1/down', timeoutMs: 120_000 });
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  if (reply.kind === 'answer') return (reply.body as { problems: readonly Problem[] }).problems;
  return tearDownHost(await hostTools('down', { level: 'warn', format: 'auto' }), config);
}

function printAdvice(io: Io, advice: readonly Problem[]): void {
  if (advice.length > 0) io.print(list('Change what refers to Drover:', advice.map(formatProblem)));
}

function list(title: string, lines: readonly string[]): string {
  return [title, ...lines.map((line, index) => `  ${index + 1}. ${line}`)].join('\n');
}

function remaining({ dataDir }: Config): string {
  return [
    `Its data remains in ${dataDir}. So that it does not start at the next boot:`,
    '  as a service:   systemctl disable drover',
    '  with Compose:   docker compose -f compose.yaml down',
  ].join('\n');
}
