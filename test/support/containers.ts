import type Docker from 'dockerode';
import type { Engine } from './engine.ts';
import { poll } from './poll.ts';

/** Anything with an engine: a test host, a member of a world, a step of the demo. */
export interface HasEngine {
  readonly engine: Engine;
}

export interface ComposeOptions {
  readonly command?: readonly string[];
  /** `NetworkMode`, default Drover's managed network. */
  readonly network?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Further create options of Docker. */
  readonly create?: Docker.ContainerCreateOptions;
}

/** Starts a container with the labels of `docker compose up`; returns its Docker id. */
export async function composeUp(
  { engine }: HasEngine,
  stack: string,
  service: string,
  number: number,
  { command = ['sleep', '1000000'], network = 'drover', labels = {}, create = {} }: ComposeOptions = {},
): Promise<string> {
  const container = await engine.run(`${stack}-${service}-${number}`, {
    ...create,
    Cmd: [...command],
    ...(network.startsWith('container:') || network === 'host' ? {} : { Hostname: `${service}-${number}` }),
    Labels: {
      'com.docker.compose.project': stack,
      'com.docker.compose.service': service,
      'com.docker.compose.container-number': String(number),
      ...labels,
    },
    HostConfig: { NetworkMode: network, ...create.HostConfig },
  });
  return container.id;
}

/** A web server that answers with its host name and logs the client addresses. */
export const WEB_COMMAND = [
  'sh',
  '-c',
  'mkdir -p /www && echo "hello from $(hostname)" > /www/index.html && httpd -f -vv -h /www',
];

/** The command of a container that first prints its resolv.conf, for `firstResolvConf`, and then sleeps. */
export const PRINT_RESOLV_CONF = ['sh', '-c', 'cat /etc/resolv.conf; echo END; sleep 1000'];

/** What it printed. Docker logs line by line, a moment later: the log may have any part of it until its last line is there. */
export async function firstResolvConf(container: Docker.Container): Promise<string> {
  const logged = async () => (await container.logs({ stdout: true, follow: false })).toString();
  const whole = async () => /^([\s\S]*)^END\r?$/m.exec(await logged())?.[1];
  return (await poll(whole, { what: 'what the container printed' })).replaceAll('\r', '');
}

/** Docker's own time stamp of a container's die event, milliseconds since the epoch. */
export async function dieTime({ engine }: HasEngine, id: string): Promise<number> {
  const stream = await engine.docker.getEvents({
    since: Math.floor(Date.now() / 1000) - 1,
    filters: { container: [id], event: ['die'] },
  });
  return new Promise((resolve, reject) => {
    stream.once('error', reject);
    stream.once('data', (line: Buffer) => {
      const { timeNano } = JSON.parse(line.toString('utf8')) as { timeNano: number };
      (stream as unknown as { destroy(): void }).destroy();
      resolve(timeNano / 1e6);
    });
  });
}

/** Runs a shell line inside a container; throws unless it exits with 0. */
export async function inside({ engine }: HasEngine, container: string, line: string): Promise<string> {
  const { exitCode, output } = await engine.exec(container, ['sh', '-c', line]);
  if (exitCode !== 0) throw new Error(`in ${container}: ${line}: exit code ${exitCode}\n${output}`);
  return output;
}

/**
 * The output of `nslookup` for A records inside a container. The exit code is ignored, because busybox fails if any domain of the
 * search list lacks the name, even with an answer.
 */
export async function lookUp({ engine }: HasEngine, container: string, name: string): Promise<string> {
  return (await engine.exec(container, ['nslookup', '-type=a', name])).output;
}

/** The addresses busybox' nslookup prints after the name, in the order of the answer. */
export function answersOf(nslookup: string): readonly string[] {
  const answer = nslookup.slice(nslookup.indexOf('Name:'));
  return [...answer.matchAll(/^Address(?: \d+)?:\s+(\d+\.\d+\.\d+\.\d+)/gm)].map((match) => match[1] ?? '');
}

export async function addressOf({ engine }: HasEngine, container: string): Promise<string> {
  const { NetworkSettings } = await engine.docker.getContainer(container).inspect();
  const address = NetworkSettings.Networks.drover?.IPAddress;
  if (!address) throw new Error(`${container} has no address on the network drover`);
  return address;
}

export async function pidOf({ engine }: HasEngine, container: string): Promise<number> {
  return (await engine.docker.getContainer(container).inspect()).State.Pid;
}
