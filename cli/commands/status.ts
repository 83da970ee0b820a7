import type { Command } from 'commander';
import {
  type AgentStatus,
  askAgent,
  type Config,
  controlSocket,
  findServer,
  problemsOf,
  readSavedView,
} from '../../agent/index.ts';
import { formatDuration } from '../output/duration.ts';
import { formatStatus } from '../output/status-page.ts';
import { CommandFailure, EXIT, type Io } from '../support/io.ts';
import { readSettings, takesSettings } from '../support/settings.ts';

export function addStatus(program: Command, io: Io): void {
  const command = program
    .command('status')
    .description('Show what this host knows, what each process applied last, what fails and why.')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
Exit code 0: all is well; 1: something is not as it should be; 2: the agent is away.

Examples:
  drover status
  drover status --json | jq .bus.connected`,
    );
  takesSettings(command).action(async () => {
    const { config } = await readSettings(io, command);
    const { json = false } = command.opts<{ json?: boolean }>();
    const reply = await askAgent(controlSocket(config), { method: 'GET', path: '/v1/status' });
    if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
    if (reply.kind === 'away') return showAway(io, config, json);
    const status = reply.body as AgentStatus;
    io.print(json ? JSON.stringify(status, null, 2) : formatStatus(status, Date.now()));
    io.setExitCode(problemsOf(status).length === 0 ? EXIT.ok : EXIT.failed);
  });
}

async function showAway(io: Io, config: Config, json: boolean): Promise<void> {
  const saved = await readSavedView(config);
  const dns = await findServer(config, 'dns');
  const metadata = await findServer(config, 'metadata');
  const savedAtMs = saved?.savedAtMs ?? null;
  io.setExitCode(EXIT.away);
  if (json) return io.print(JSON.stringify({ away: true, savedAtMs, dns, metadata }, null, 2));
  const known = savedAtMs === null ? 'nothing was saved yet' : `as saved ${formatDuration(Date.now() - savedAtMs)} ago`;
  const server = (pid: number | null) => (pid === null ? 'does not run' : `answers on, pid ${pid}`);
  io.print(`agent      AWAY: nobody answers at ${controlSocket(config)}; start it: drover agent
state      STALE: ${known}
dns        ${server(dns)}
metadata   ${server(metadata)}`);
}
