import type { Command } from 'commander';
import type { Config } from '../../agent/index.ts';
import type { JsonValue } from '../../model/index.ts';
import { followUpstreams, forwardingOptions, upstreamProblems } from '../dns-upstreams.ts';
import type { Io } from '../io.ts';
import { parseListen } from '../listen-option.ts';
import { runServer } from '../run-server.ts';
import { takesSettings } from '../settings.ts';

export function addDns(program: Command, io: Io): void {
  const command = program
    .command('dns')
    .description('Answer DNS from the state of this host. The agent starts it; it also runs on its own.')
    .option('--listen <address:port>', 'where to answer, UDP and TCP (default: port 53 of the service address)')
    .option('--hand-over', 'listen beside a process that listens there now and will leave (the agent uses it)')
    .addHelpText(
      'after',
      `
It answers once it knows a whole picture: the agent's, or while the agent is away what is on disk.

Examples:
  drover dns
  drover dns --listen 127.0.0.1:5353`,
    );
  takesSettings(command).action(() =>
    runServer(io, command, 'dns', async ({ config, followed, clock, log, signal }) => {
      const { serveDns } = await import('../../dns/index.ts');
      const { listen, handOver = false } = command.opts<{ listen?: string; handOver?: boolean }>();
      const place = listen === undefined ? 'namespace' : 'host';
      const upstreams = await followUpstreams({ clock }, config, place, signal);
      const { view, identify } = followed;
      const options = {
        listen: [listen === undefined ? { address: config.dns.address, port: 53 } : parseListen(listen)],
        ttlSeconds: config.dns.ttlSeconds,
        udpPayloadBytes: config.dns.udpPayloadBytes,
        metadataAddress: config.dns.address,
        holdMs: config.dns.holdMs,
        search: searchMode(config),
        forwarding: forwardingOptions(config, place),
        batching: config.dns.batching,
        handOver,
      };
      return async () => {
        const server = await serveDns({ view, identify, upstreams, clock, log }, options);
        const { batching, leave } = server;
        const report = () => {
          const forwarding = server.forwarding();
          const problems = upstreamProblems(upstreams(), forwarding);
          return { ...server.stats(), batching, upstreams: upstreams(), forwarding, problems };
        };
        return {
          report: () => report() as unknown as { [key: string]: JsonValue },
          leave,
          close: () => server.close(),
        };
      };
    }),
  );
}

export function searchMode({ dns }: Config): 'own' | 'every' {
  return dns.compatSearch ? 'every' : 'own';
}
