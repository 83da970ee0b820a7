import type { Command } from 'commander';
import { askAgent, controlSocket, type LbPage, savedLbPage } from '../../../agent/index.ts';
import { formatLb } from '../../output/lb-page.ts';
import { agentNotRunning, askOrSaved } from '../../support/ask-agent.ts';
import { CommandFailure, type Io, interruption } from '../../support/io.ts';
import { type AgentPlace, findAgent, takesSettings } from '../../support/settings.ts';
import { type Seen, watch } from '../../support/watch.ts';
import { addLbConfig } from './lb-config.ts';

interface Options {
  readonly json?: boolean;
  readonly watch?: boolean;
}

const REQUEST = { method: 'GET', path: '/v1/lb' } as const;

export function addLb(program: Command, io: Io): void {
  const command = program
    .command('lb')
    .description("Show this host's load balancer: listeners, rules in the order of matching, servers, problems.")
    .option('--json', 'print JSON')
    .option('-w, --watch', 'show the page again when it changes, until Ctrl-C')
    .addHelpText(
      'after',
      `
SESSIONS are open now, PER SECOND is of the last second, TOTAL and ERRORS are since HAProxy was reloaded last.

Examples:
  drover lb
  drover lb --watch
  drover lb --json | jq '.backends[] | select(.servers == []) | .name'
  drover lb config`,
    );
  addLbConfig(command.enablePositionalOptions(), io);
  takesSettings(command).action(async () => {
    const { json = false, watch: again = false } = command.opts<Options>();
    const place = await findAgent(io, command);
    const show = (page: LbPage): string =>
      json ? JSON.stringify(page, null, again ? 0 : 2) : formatLb(page, Date.now());
    if (!again) return io.print(show(await askOrSaved<LbPage>(io, place, REQUEST, savedLbPage)));
    await watch(io, () => seePage(place, show), { signal: interruption() });
  });
}

/** While the agent is restarted there is nothing to show. */
async function seePage(place: AgentPlace, show: (page: LbPage) => string): Promise<Seen> {
  const reply = await askAgent(controlSocket(place.config), REQUEST);
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  if (reply.kind !== 'answer') return { ok: false, why: agentNotRunning(place.config.runDir).message };
  return { ok: true, key: JSON.stringify(reply.body), text: show(reply.body as LbPage) };
}
