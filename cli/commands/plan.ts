import type { Command } from 'commander';
import type { ComponentPlan } from '../../agent/index.ts';
import { formatPlans } from '../output/plans.ts';
import { askRunning } from '../support/ask-agent.ts';
import { EXIT, type Io } from '../support/io.ts';
import { findAgent, takesSettings } from '../support/settings.ts';

export function addPlan(program: Command, io: Io): void {
  const command = program
    .command('plan')
    .description('Show what the agent would change on this host now. Changes nothing.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
The agent reads the state of this host again and compares it with the desired state. A healthy host prints 'No changes.',
because the agent makes changes as soon as they are needed. Changes that remain have failed or are held.

Exit code 0: the plan was made; 1: problems were found.

Examples:
  drover plan
  drover plan --json`,
    );
  takesSettings(command).action(async () => {
    const place = await findAgent(io, command);
    const request = { method: 'GET', path: '/v1/plan' } as const;
    const plans = await askRunning<readonly ComponentPlan[]>(place, request, ', so there is nothing to plan');
    io.print(command.opts<{ json?: boolean }>().json ? JSON.stringify(plans, null, 2) : formatPlans(plans));
    io.setExitCode(plans.some(({ problems }) => problems.length > 0) ? EXIT.failed : EXIT.ok);
  });
}
