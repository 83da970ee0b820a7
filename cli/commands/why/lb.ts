import type { Command } from 'commander';
import { explainLb, type LbPort, savedLbPort } from '../../../agent/index.ts';
import { formatLbExplanation } from '../../output/lb-explanation.ts';
import { askOrSaved } from '../../support/ask-agent.ts';
import type { Io } from '../../support/io.ts';
import { parseLbUrl } from '../../support/lb-url.ts';
import { findAgent, takesSettings } from '../../support/settings.ts';

export function addWhyLb(why: Command, io: Io): void {
  const command = why
    .command('lb')
    .argument('<url>', 'http://host[:port]/path, https://..., tcp://:port, tls://:port or sni://name:port')
    .description('Explain which rule of the load balancer gets a request, and why.')
    .option('--from <address>', 'the client: with `balance: source`, also say which server it gets')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
It is about the load balancer of this host. Exit code 0 for any answer.

Examples:
  drover why lb http://shop.example.com/api/items
  drover why lb https://shop.example.com
  drover why lb tcp://:5432 --from 192.0.2.7`,
    );
  takesSettings(command).action(async (url: string) => {
    const { from, json } = command.opts<{ from?: string; json?: boolean }>();
    const asked = parseLbUrl(url, from ?? null);
    const { port } = asked;
    const place = await findAgent(io, command);
    const request = { method: 'POST', path: '/v1/why/lb', body: { port } } as const;
    const explanation = await explainLb(
      await askOrSaved<LbPort>(io, place, request, (view) => savedLbPort(view, port)),
      asked,
    );
    io.print(json ? JSON.stringify(explanation, null, 2) : formatLbExplanation(explanation));
  });
}
