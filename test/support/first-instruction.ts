import type Docker from 'dockerode';
import { BUSYBOX_IMAGE } from './engine.ts';
import { type Member, RESOLVER } from './world.ts';

/** What went wrong for one container whose first instruction resolved a name and read its own metadata. */
export interface FirstInstructionFailure {
  readonly container: string;
  readonly output: string;
}

const NETWORKS = ['bridge', 'drover', 'front'];
const AT_ONCE = 4;

/**
 * Runs `count` containers in turn on three kinds of networks. The first instruction of each resolves `name` and reads the
 * container's own name from the metadata server. Addresses are reused. Returns the containers that failed or saw another
 * container's identity.
 */
export async function runFirstInstructions(
  member: Member,
  name: string,
  count: number,
): Promise<readonly FirstInstructionFailure[]> {
  const failures: FirstInstructionFailure[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const number = next;
      next += 1;
      const failure = await runOne(member.engine.docker, name, number);
      if (failure) failures.push(failure);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return failures;
}

async function runOne(docker: Docker, name: string, number: number): Promise<FirstInstructionFailure | null> {
  const own = `first-${number}`;
  const container = await docker.createContainer({
    name: own,
    Image: BUSYBOX_IMAGE,
    Tty: true,
    Cmd: ['sh', '-c', `nslookup -type=a ${name} && wget -qO- http://${RESOLVER}/latest/self/container/name`],
    HostConfig: { NetworkMode: NETWORKS[number % NETWORKS.length] as string },
  });
  await container.start();
  const { StatusCode } = (await container.wait()) as { StatusCode: number };
  const output = (await container.logs({ stdout: true, stderr: true })).toString('utf8');
  await container.remove({ force: true });
  const good = StatusCode === 0 && /Name:.*[\s\S]*Address: *\d/.test(output) && output.trim().endsWith(own);
  return good ? null : { container: own, output: `exit code ${StatusCode}\n${output}` };
}
