import type { Command } from 'commander';
import type { PathExplanation, PathRequest } from '../../../agent/index.ts';
import { formatPathExplanation } from '../../output/path-explanation.ts';
import { askRunning } from '../../support/ask-agent.ts';
import { type Io, usageFailure } from '../../support/io.ts';
import { findAgent, takesSettings } from '../../support/settings.ts';

export function addWhyPath(why: Command, io: Io): void {
  const command = why
    .command('path')
    .argument('<from>', 'a container (name or id), a host or an address')
    .argument('<to>', 'the same, or a DNS name as <from> resolves it; a port may follow: web.shop:80')
    .description('Explain the path of packets from one container to another, and what stops them first.')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Hosts probe the paths between them. Drover does not probe whether a program listens on the port. Exit code 0 for any
answer; 1 if one of the two ends does not exist.

Examples:
  drover why path shop-app-1 web.shop:80
  drover why path shop-app-1 10.42.3.7
  drover why path alpha beta`,
    );
  takesSettings(command).action(async (from: string, to: string) => {
    const { json } = command.opts<{ json?: boolean }>();
    const body: PathRequest = { from, ...parseTarget(to) };
    const place = await findAgent(io, command);
    const explanation = await askRunning<PathExplanation>(place, { method: 'POST', path: '/v1/why/path', body });
    io.print(json ? JSON.stringify(explanation, null, 2) : formatPathExplanation(explanation));
  });
}

/** `web.shop:80`, `10.42.3.7`, `[fd00::7]:80`, `fd00::7`. */
export function parseTarget(text: string): Pick<PathRequest, 'to' | 'port'> {
  const [, inBrackets, plain, portText] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  const to = inBrackets ?? plain ?? text;
  if (portText === undefined) return { to, port: null };
  const port = Number(portText);
  if (port >= 1 && port <= 65_535) return { to, port };
  throw usageFailure(`argument ${text}`, 'has no port from 1 to 65535', 'write it like web.shop:80');
}
