import { type Command, Option } from 'commander';
import { type Config, dnsSocket, explainSettings, portBindingsFile, searchMode } from '../../../agent/index.ts';
import type { ExtensionPlace } from '../../../dns/index.ts';
import type { JsonValue } from '../../../model/index.ts';
import { restorePriority } from '../../../system/index.ts';
import { followUpstreams, forwardingOptions, HOST, openExit, upstreamProblems } from '../../server/dns-upstreams.ts';
import { runServer } from '../../server/run-server.ts';
import type { Io } from '../../support/io.ts';
import { type ListenAddress, parseListen } from '../../support/listen-option.ts';
import { takesSettings } from '../../support/settings.ts';
import { runAnswers, takesAnswersFlags } from './dns-answers.ts';
import { addDnsQueries } from './dns-queries.ts';

interface DnsFlags {
  readonly listen?: string;
  readonly handOver?: boolean;
  readonly givingWay?: boolean;
  readonly control?: string;
  readonly hostNamespace?: string;
}

/** DNS shares the port with its predecessor, so a port in use belongs to another program. */
const ROLE = { role: 'dns', portWaitMs: 1_000 };

export function addDns(program: Command, io: Io): void {
  const command = takesAnswersFlags(program.command('dns'))
    .description('Run the DNS server. The agent starts it; you can also run it by hand.')
    .option('--listen <address:port>', 'address to listen on, UDP and TCP (default: port 53 of the service address)')
    .option('--host-namespace <file>', 'network namespace of the host, if not this one (used by the agent)')
    .option('--hand-over', 'share the port with the process that it replaces (used by the agent)')
    .addOption(new Option('--giving-way').hideHelp())
    .addHelpText(
      'after',
      `
It starts to answer after loading a complete state: the agent's, or the saved state if the agent is not running.

Examples:
  drover dns
  drover dns --listen 127.0.0.1:5353
  drover dns --answers /etc/rancher-dns/answers.yaml --listen 10.0.0.5:53`,
    );
  addDnsQueries(command.enablePositionalOptions(), io);
  takesSettings(command).action(() => (command.opts().answers ? runAnswers(io, command) : runDns(io, command)));
}

function runDns(io: Io, command: Command): Promise<void> {
  // The state is always current, so there is nothing to reload. Without a handler SIGHUP would end the process.
  process.on('SIGHUP', () => undefined);
  return runServer(io, command, ROLE, async ({ config, followed, clock, log, signal }) => {
    const { serveDns } = await import('../../../dns/index.ts');
    const { listen, handOver = false, givingWay = false, control, hostNamespace = null } = command.opts<DnsFlags>();
    const exit = listen === undefined ? openExit(hostNamespace) : HOST;
    const upstreams = await followUpstreams({ clock }, config, exit, signal);
    const { view, identify, ageSeconds, onChange, rehearse } = followed;
    const at = listen === undefined ? { address: config.dns.address, port: 53 } : parseListen(listen);
    const options = {
      listen: [at],
      extensions: extensionPlace(config, at, hostNamespace),
      ttlSeconds: config.dns.ttlSeconds,
      udpPayloadBytes: config.dns.udpPayloadBytes,
      metadataAddress: config.dns.address,
      holdMs: config.dns.holdMs,
      search: searchMode(config),
      forwarding: forwardingOptions(config, exit),
      batching: config.dns.batching,
      control: control ?? (listen === undefined ? dnsSocket(config) : null),
      handOver,
    };
    return async () => {
      const onReady = givingWay ? restorePriority : () => undefined;
      const follow = { view, identify, ageSeconds, onChange, rehearse };
      const server = await serveDns({ ...follow, upstreams, onReady, clock, log }, options);
      const { leave } = server;
      const report = () => {
        const said = server.report();
        return {
          ...said,
          upstreams: upstreams(),
          settings: explainSettings(config, upstreams()),
          problems: upstreamProblems(upstreams(), said.forwarding, exit),
        };
      };
      return {
        report: () => report() as unknown as { [key: string]: JsonValue },
        leave,
        close: () => server.close(),
      };
    };
  });
}

function extensionPlace(config: Config, at: ListenAddress, namespace: string | null): ExtensionPlace {
  const { dns, network } = config;
  return { ...at, settings: dns, bridge: network.device, namespace, portBindingsFile: portBindingsFile(config) };
}
