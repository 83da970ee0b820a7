import Docker from 'dockerode';

/** One request that changes something. */
export interface DockerChange {
  /** From 1. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
}

/**
 * What happens to a request. `refuse`: Docker does not receive it. `lose`: its answer is lost. `crash`: Docker receives neither this
 * nor any later request, as after the end of the client process.
 */
export type Fault = 'pass' | 'refuse' | 'lose' | 'crash';

type Done = (error: unknown, answer?: unknown) => void;
type Dial = (options: { readonly method: string; readonly path: string }, done: Done) => void;

/** A Docker client whose requests that change something fail as `fault` says; the others pass until a crash. */
export function createFaultyDocker(
  socketPath: string,
  fault: (change: DockerChange) => Fault | Promise<Fault>,
): { readonly docker: Docker; readonly changes: readonly DockerChange[] } {
  const docker = new Docker({ socketPath });
  const changes: DockerChange[] = [];
  let crashed = false;
  const modem = docker.modem as unknown as { dial: Dial };
  const dial = modem.dial.bind(docker.modem);
  const fail = (done: Done): void => done(Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
  const change = async (options: Parameters<Dial>[0], done: Done): Promise<void> => {
    const made = { number: changes.length + 1, method: options.method, path: options.path };
    changes.push(made);
    const outcome = await fault(made);
    crashed ||= outcome === 'crash';
    if (outcome === 'pass') dial(options, done);
    else if (outcome === 'lose') dial(options, () => fail(done));
    else fail(done);
  };
  modem.dial = (options, done) => {
    if (crashed) fail(done);
    else if (options.method === 'GET') dial(options, done);
    else void change(options, done);
  };
  return { docker, changes };
}
