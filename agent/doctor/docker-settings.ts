import type { Problem } from '../../model/index.ts';
import {
  DAEMON_JSON,
  type DockerDns,
  dnsAddresses,
  dnsOptions,
  parseSettings,
  readDockerDns,
} from '../host/docker-dns.ts';

/** Checks Docker's `dns` setting, which gives containers Drover's resolver from their first instruction on. */
export async function checkDockerDns(root: string, resolver: string): Promise<readonly Problem[]> {
  const { daemonJson, commandLines } = await readDockerDns(root);
  return judgeDockerDns(resolver, daemonJson, commandLines);
}

/** Pure. */
export function judgeDockerDns(
  resolver: string,
  daemonJson: DockerDns['daemonJson'],
  commandLines: DockerDns['commandLines'],
): readonly Problem[] {
  const configured = dnsAddresses({ daemonJson, commandLines });
  if (configured === null) return [{ subject: DAEMON_JSON, what: 'is not a JSON object', hint: 'correct the file' }];
  if (configured.length === 1 && configured[0] === resolver) return [];
  const what = configured.includes(resolver)
    ? `Docker's dns setting lists other resolvers besides ${resolver} (${configured.filter((one) => one !== resolver).join(', ')})`
    : `Docker's dns setting lacks ${resolver}: the first lookups of a new container go to another resolver until the agent has written its resolv.conf`;
  const wanted = JSON.stringify({ ...parseSettings(daemonJson), dns: [resolver] });
  const change = `write ${wanted} to ${DAEMON_JSON} and restart Docker`;
  // dockerd does not start with the setting in both places.
  const isOption = commandLines.some((args) => dnsOptions(args).length > 0);
  return [{ subject: 'Docker', what, hint: isOption ? `remove --dns from the options of dockerd, ${change}` : change }];
}
