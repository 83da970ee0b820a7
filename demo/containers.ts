import type { Engine } from '../test/support/engine.ts';
import type { StageHost } from './stage.ts';

/** Starts a container as `docker compose up` would label it, on Drover's managed network; gives its Docker id. */
export async function composeUp(
  { engine }: { readonly engine: Engine },
  stack: string,
  service: string,
  number: number,
  command: readonly string[] = ['sleep', '1000000'],
): Promise<string> {
  const container = await engine.run(`${stack}-${service}-${number}`, {
    Cmd: [...command],
    Hostname: `${service}-${number}`,
    Labels: {
      'com.docker.compose.project': stack,
      'com.docker.compose.service': service,
      'com.docker.compose.container-number': String(number),
    },
    HostConfig: { NetworkMode: 'drover' },
  });
  return container.id;
}

/** A web server that says who it is. */
export const WEB_COMMAND = [
  'sh',
  '-c',
  'mkdir -p /www && echo "hello from $(hostname)" > /www/index.html && httpd -f -h /www',
];

/** Runs a shell line inside a container; throws unless it ends with 0. */
export async function inside({ engine }: StageHost, container: string, line: string): Promise<string> {
  const { exitCode, output } = await engine.exec(container, ['sh', '-c', line]);
  if (exitCode !== 0) throw new Error(`in ${container}: ${line}: exit code ${exitCode}\n${output}`);
  return output;
}

/** The addresses busybox' nslookup prints after the name, in the order of the answer. */
export function answersOf(nslookup: string): readonly string[] {
  const answer = nslookup.slice(nslookup.indexOf('Name:'));
  return [...answer.matchAll(/^Address(?: \d+)?:\s+(\d+\.\d+\.\d+\.\d+)/gm)].map((match) => match[1] ?? '');
}

export async function addressOf({ engine }: StageHost, container: string): Promise<string> {
  const { NetworkSettings } = await engine.docker.getContainer(container).inspect();
  const address = NetworkSettings.Networks.drover?.IPAddress;
  if (!address) throw new Error(`${container} has no address on the network drover`);
  return address;
}

export async function pidOf({ engine }: StageHost, container: string): Promise<number> {
  return (await engine.docker.getContainer(container).inspect()).State.Pid;
}
