import type { SourceUnderTest } from './docker-source.ts';
import type { Engine } from './engine.ts';
import { poll } from './poll.ts';

/** Name, state and addresses of each container, as the source has it; sorted. */
export function told(under: SourceUnderTest): string {
  return under
    .containers()
    .map(({ name, state, addresses }) => `${name} ${state} ${addresses.map(({ ipv4 }) => ipv4).join()}`)
    .toSorted()
    .join('; ');
}

/** The same from Docker's list. */
export async function listed({ docker }: Engine): Promise<string> {
  const containers = await docker.listContainers({ all: true });
  const lines = containers.map(({ Names, State, NetworkSettings }) => {
    const networks = State === 'running' ? Object.values(NetworkSettings.Networks) : [];
    const state = State === 'exited' ? 'stopped' : State;
    return `${Names[0]?.slice(1)} ${state} ${networks.map(({ IPAddress }) => IPAddress).join()}`;
  });
  return lines.toSorted().join('; ');
}

/** Waits until the facts equal Docker's list. */
export async function untilEqual(engine: Engine, under: SourceUnderTest, timeoutMs = 15_000): Promise<void> {
  const equal = async () => told(under) === (await listed(engine));
  try {
    await poll(equal, { what: "facts equal to Docker's list", timeoutMs, intervalMs: 100 });
  } catch (cause) {
    throw new Error(`facts: ${told(under)}\n list: ${await listed(engine)}`, { cause });
  }
}
