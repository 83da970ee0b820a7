import type { Command } from 'commander';
import {
  type AgentStatus,
  askAgent,
  type Config,
  controlSocket,
  findServer,
  problemsOf,
  readSavedView,
  SERVER_NAMES,
} from '../../agent/index.ts';
import { distinctProblems } from '../../model/index.ts';
import { formatDuration } from '../output/duration.ts';
import { formatStatus } from '../output/status-page.ts';
import { CommandFailure, EXIT, type Io } from '../support/io.ts';
import { findAgent, takesSettings, validConfig } from '../support/settings.ts';

export function addStatus(program: Command, io: Io): void {
  const command = program
    .command('status')
    .description('Show the state of this host: processes, bus, Docker, and problems with hints.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Exit code 0: no problems; 1: problems; 2: the agent is not running.

Examples:
  drover status
  drover status --json | jq .bus.connected`,
    );
  takesSettings(command).action(async () => {
    const place = await findAgent(io, command);
    const { json = false } = command.opts<{ json?: boolean }>();
    const reply = await askAgent(controlSocket(place.config), { method: 'GET', path: '/v1/status' });
    if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
    if (reply.kind === 'away') return showWithoutAgent(io, validConfig(place), json);
    const told = reply.body as AgentStatus;
    const status = { ...told, problems: distinctProblems([...told.problems, ...place.problems]) };
    io.print(json ? JSON.stringify(status, null, 2) : formatStatus(status, Date.now()));
    io.setExitCode(problemsOf(status).length === 0 ? EXIT.ok : EXIT.failed);
  });
}

async function showWithoutAgent(io: Io, config: Config, json: boolean): Promise<void> {
  const saved = await readSavedView(config);
  const pids = await Promise.all(SERVER_NAMES.map((name) => findServer(config, name)));
  const pidByName = Object.fromEntries(SERVER_NAMES.map((name, index) => [name, pids[index] ?? null]));
  const savedAtMs = saved?.savedAtMs ?? null;
  io.setExitCode(EXIT.agentNotRunning);
  if (json) return io.print(JSON.stringify({ away: true, savedAtMs, ...pidByName }, null, 2));
  const state = savedAtMs === null ? 'none saved' : `STALE: saved ${formatDuration(Date.now() - savedAtMs)} ago`;
  const server = (pid: number | null) => (pid === null ? 'not running' : `still answering, pid ${pid}`);
  const servers = Object.entries(pidByName).map(([name, pid]) => `${name.padEnd(10)} ${server(pid)}`);
  io.print(`agent      NOT RUNNING: no answer at ${controlSocket(config)}
state      ${state}
${servers.join('\n')}

The agent is not running. Start it: \`drover agent\`.`);
}
