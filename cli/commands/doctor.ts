import type { Command } from 'commander';
import { askAgent, checkHost, controlSocket } from '../../agent/index.ts';
import { distinctProblems, formatProblem, type Problem } from '../../model/index.ts';
import { hostTools } from '../support/host-tools.ts';
import { CommandFailure, EXIT, type Io } from '../support/io.ts';
import { findAgent, takesSettings, validConfig } from '../support/settings.ts';

export function addDoctor(program: Command, io: Io): void {
  const command = program
    .command('doctor')
    .description('Check this host for problems, and say how to fix them.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
It changes nothing. Exit code 0: no problems; 1: problems found.

Examples:
  drover doctor`,
    );
  takesSettings(command).action(async () => {
    const place = await findAgent(io, command);
    const request = { method: 'POST', path: '/v1/doctor', timeoutMs: 60_000 } as const;
    const reply = await askAgent(controlSocket(place.config), request);
    if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
    const ofHost =
      reply.kind === 'answer'
        ? (reply.body as readonly Problem[])
        : await checkHost(await hostTools('doctor', { level: 'silent', format: 'json' }), validConfig(place));
    // After a reload that failed, the agent reports the same problems of the configuration.
    const found = distinctProblems([...place.problems, ...ofHost]);
    const { json } = command.opts<{ json?: boolean }>();
    io.print(json ? JSON.stringify(found, null, 2) : formatFindings(found));
    io.setExitCode(found.length === 0 ? EXIT.ok : EXIT.failed);
  });
}

function formatFindings(found: readonly Problem[]): string {
  return found.length === 0 ? 'No problems found.' : found.map(formatProblem).join('\n');
}
