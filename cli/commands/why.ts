import { Argument, type Command } from 'commander';
import { askAgent, type Config, controlSocket, readSavedView } from '../../agent/index.ts';
import type { Explanation, WhyRequest } from '../../dns/index.ts';
import { systemClock } from '../../system/index.ts';
import { followUpstreams, forwardingOptions } from '../dns-upstreams.ts';
import { CommandFailure, EXIT, type Io } from '../io.ts';
import { awayProblem } from '../listing.ts';
import { formatDuration } from '../output/duration.ts';
import { formatExplanation } from '../output/explanation.ts';
import { readSettings, takesSettings } from '../settings.ts';

interface Options {
  readonly from?: string;
  readonly type: string;
  readonly json?: boolean;
}

export function addWhy(program: Command, io: Io): void {
  const command = program
    .command('why')
    .addArgument(new Argument('<about>', 'whose answer').choices(['dns']))
    .argument('<name>', 'as a program would ask for it: web, web.shop, www.example.com')
    .description('Explain what DNS answers for a name, to whom and why.')
    .option('--from <container|address>', 'who asks: a container by name or id, or an address (default: anybody)')
    .option('--type <type>', 'A, AAAA, SRV, PTR, TXT, ... or TYPE<number>', 'A')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `
It asks nobody: the answer is worked out by the code of the server, from the state the agent has, or while the agent is away
from what is on disk. Exit code 0 whatever the answer is; 1: nobody is called as --from says.

Examples:
  drover why dns web.shop
  drover why dns database --from shop-web-1
  drover why dns _http._tcp.web.shop --type SRV
  drover why dns 5.0.42.10.in-addr.arpa --type PTR --json`,
    );
  takesSettings(command).action(async (_about: string, name: string) => {
    const { config } = await readSettings(io, command);
    const options = command.opts<Options>();
    const explanation = await explainName(io, config, await requestOf(config, name, options));
    io.print(options.json ? JSON.stringify(explanation, null, 2) : formatExplanation(explanation));
  });
}

async function requestOf(config: Config, name: string, { from, type: typeText }: Options): Promise<WhyRequest> {
  const { typeNamed } = await import('../../dns/index.ts');
  const type = typeNamed(typeText);
  if (type === null) {
    const mend = 'write A, AAAA, CNAME, SRV, PTR, TXT, ... or TYPE and a number';
    throw new CommandFailure([{ subject: `--type ${typeText}`, what: 'is no type of record', mend }], EXIT.usage);
  }
  const { dns } = config;
  const upstreams = await readUpstreams(config);
  return {
    asked: { name, type, from: from ?? null },
    settings: {
      metadataAddress: dns.address,
      search: dns.compatSearch ? 'every' : 'own',
      ttlSeconds: dns.ttlSeconds,
      forward: {
        upstreams,
        rules: forwardingOptions(config, 'namespace').rules ?? [],
        ourselves: [{ address: dns.address, port: 53 }],
      },
    },
  };
}

/** Those the server has now: found in the same way. */
async function readUpstreams(config: Config): Promise<readonly string[]> {
  const once = new AbortController();
  const upstreams = await followUpstreams({ clock: systemClock }, config, 'namespace', once.signal);
  once.abort();
  return upstreams();
}

async function explainName(io: Io, config: Config, request: WhyRequest): Promise<Explanation> {
  const reply = await askAgent(controlSocket(config), { method: 'POST', path: '/v1/why', body: request });
  if (reply.kind === 'answer') return reply.body as Explanation;
  if (reply.kind === 'refused') throw new CommandFailure(reply.problems);
  const saved = await readSavedView(config);
  if (saved === null) {
    throw new CommandFailure([awayProblem(config.runDir, 'nothing was saved on this host yet')], EXIT.away);
  }
  const age = formatDuration(Date.now() - saved.savedAtMs);
  io.warn(
    `drover: the agent is away: this is by what was known ${age} ago (${new Date(saved.savedAtMs).toISOString()})`,
  );
  const { explain } = await import('../../dns/index.ts');
  const explained = explain(saved.view, request.asked, request.settings);
  if (!explained.ok) throw new CommandFailure([explained.problem]);
  return explained.value;
}
