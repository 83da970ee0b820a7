import type { Command } from 'commander';
import type { ApplyOutcome, RemoveRequest } from '../../../agent/index.ts';
import { formatChanges } from '../../output/changes.ts';
import { askRunning } from '../../support/ask-agent.ts';
import { CommandFailure, EXIT, type Io, warnOf } from '../../support/io.ts';
import { parseService } from '../../support/service-argument.ts';
import { findAgent, takesSettings } from '../../support/settings.ts';

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
    const place = await findAgent(io, command);
    const named = parseService(argument);
    const isHeld = named.service === null && !yes && !dryRun;
    const body: RemoveRequest = { ...named, dryRun: dryRun || isHeld };
    const request = { method: 'POST', path: '/v1/remove', body, timeoutMs: 60_000 } as const;
    const outcome = await askRunning<ApplyOutcome>(place, request, ', and only the agent can write to the bus');
    if (!json) warnOf(io, outcome.problems);
    io.print(json ? JSON.stringify(outcome, null, 2) : formatChanges(outcome.changes, body.dryRun));
    if (isHeld && outcome.changes.length > 0) throw notConfirmed(named.stack);
    io.setExitCode(outcome.problems.length === 0 ? EXIT.ok : EXIT.failed);
  });
}

function notConfirmed(stack: string): CommandFailure {
  const hint = `check the list, then run \`drover rm ${stack} --yes\``;
  return new CommandFailure([{ subject: `stack ${stack}`, what: 'is not removed without --yes', hint }]);
}
