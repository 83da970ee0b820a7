import type { Command } from 'commander';
import { type ApplyOutcome, askAgent, type Config, controlSocket, type RemoveRequest } from '../../agent/index.ts';
import { formatProblem } from '../../model/index.ts';
import { CommandFailure, EXIT, type Io } from '../support/io.ts';
import { agentNotRunning } from '../support/listing.ts';
import { parseService } from '../support/service-argument.ts';
import { readSettings, takesSettings } from '../support/settings.ts';

interface RmOptions {
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function addRm(program: Command, io: Io): void {
  const command = program
    .command('rm')
    .argument('<stack[/service]>', 'a service, or a stack with all its services')
    .description('Remove what is declared about a service, or about all services of a stack.')
    .option('-y, --yes', 'remove a whole stack; without it, the services are only listed')
    .option('--dry-run', 'show the changes without making them')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Containers are not touched: a service that has containers stays, without its manifest. Declarations of the manifests
directory are not removed; remove their file instead.

Examples:
  drover rm shop/search
  drover rm shop --dry-run
  drover rm shop --yes`,
    );
  takesSettings(command).action(async (argument: string) => {
    const { yes = false, dryRun = false, json = false } = command.opts<RmOptions>();
    const { config } = await readSettings(io, command);
    const named = parseService(argument);
    const isHeld = named.service === null && !yes && !dryRun;
    const outcome = await remove(config, { ...named, dryRun: dryRun || isHeld });
    if (json) io.print(JSON.stringify(outcome, null, 2));
    else showChanges(io, outcome, dryRun || isHeld);
    if (isHeld && outcome.changes.length > 0) throw notConfirmed(named.stack);
    io.setExitCode(outcome.problems.length === 0 ? EXIT.ok : EXIT.failed);
  });
}

async function remove(config: Config, body: RemoveRequest): Promise<ApplyOutcome> {
  const reply = await askAgent(controlSocket(config), { method: 'POST', path: '/v1/remove', body, timeoutMs: 60_000 });
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  if (reply.kind === 'away') throw agentNotRunning(config.runDir, ', and only the agent can write to the bus');
  return reply.body as ApplyOutcome;
}

function showChanges(io: Io, { changes, problems }: ApplyOutcome, isDryRun: boolean): void {
  for (const problem of problems) io.warn(`drover: ${formatProblem(problem)}`);
  if (changes.length === 0) io.print('No changes.');
  else io.print(isDryRun ? `Would change:\n${changes.join('\n')}` : changes.join('\n'));
}

function notConfirmed(stack: string): CommandFailure {
  const hint = `check the list, then run \`drover rm ${stack} --yes\``;
  return new CommandFailure([{ subject: `stack ${stack}`, what: 'is not removed without --yes', hint }]);
}
