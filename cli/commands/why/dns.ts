import type { Command } from 'commander';
import { type Config, explainSettings } from '../../../agent/index.ts';
import type { Explanation, WhyRequest } from '../../../dns/index.ts';
import { systemClock } from '../../../system/index.ts';
import { formatExplanation } from '../../output/explanation.ts';
import { followUpstreams, openExit } from '../../server/dns-upstreams.ts';
import { askOrSaved } from '../../support/ask-agent.ts';
import { type Io, usageFailure, valueOrFail } from '../../support/io.ts';
import { type AgentPlace, findAgent, takesSettings } from '../../support/settings.ts';

interface Options {
  readonly from?: string;
  readonly type: string;
  readonly json?: boolean;
}

export function addWhyDns(why: Command, io: Io): void {
  const command = why
    .command('dns')
    .argument('<name>', 'the name as a program would query it: web, web.shop, www.example.com')
    .description('Explain what DNS answers for a name, and why.')
    .option('--from <container|address>', 'the client: name or id of a container, or an address (default: any)')
    .option('--type <type>', 'A, AAAA, SRV, PTR, TXT, ... or TYPE<number>', 'A')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Exit code 0 for any answer; 1 if the client of --from does not exist, or if no query can have the name.

Examples:
  drover why dns web.shop
  drover why dns database --from shop-web-1
  drover why dns _http._tcp.web.shop --type SRV
  drover why dns 5.0.42.10.in-addr.arpa --type PTR --json`,
    );
  takesSettings(command).action(async (name: string) => {
    const place = await findAgent(io, command);
    const options = command.opts<Options>();
    const explanation = await explainName(io, place, await requestOf(place.config, name, options));
    io.print(options.json ? JSON.stringify(explanation, null, 2) : formatExplanation(explanation, Date.now()));
  });
}

async function requestOf(config: Config, name: string, { from, type: typeText }: Options): Promise<WhyRequest> {
  const { parseTypeName } = await import('../../../dns/index.ts');
  const type = parseTypeName(typeText);
  if (type === null) {
    const hint = 'use A, AAAA, CNAME, SRV, PTR, TXT, ... or TYPE<number>';
    throw usageFailure(`--type ${typeText}`, 'is not a record type', hint);
  }
  return {
    asked: { name, type, from: from ?? null },
    // For the case that the agent does not know those of its server.
    settings: explainSettings(config, await readUpstreams(config)),
  };
}

/** The upstreams of the running server, found in the same way as the server finds them. */
async function readUpstreams(config: Config): Promise<readonly string[]> {
  const once = new AbortController();
  const upstreams = await followUpstreams({ clock: systemClock }, config, openExit('/proc/self/ns/net'), once.signal);
  once.abort();
  return upstreams();
}

function explainName(io: Io, place: AgentPlace, request: WhyRequest): Promise<Explanation> {
  return askOrSaved(io, place, { method: 'POST', path: '/v1/why/dns', body: request }, async (view) => {
    const { explain } = await import('../../../dns/index.ts');
    return valueOrFail(explain(view, request.asked, request.settings));
  });
}
