import { join } from 'node:path';

/** The files of the load balancer in its directory. */
export interface LbFiles {
  readonly directory: string;
  readonly config: string;
  /** A configuration that HAProxy checks before it is taken. */
  readonly candidate: string;
  /** Stats socket of the newest worker. */
  readonly admin: string;
  /** Of the master, which passes commands to its workers. */
  readonly master: string;
  readonly certificates: string;
}

export function lbFiles(directory: string): LbFiles {
  return {
    directory,
    config: join(directory, 'haproxy.cfg'),
    candidate: join(directory, 'candidate.cfg'),
    admin: join(directory, 'admin.sock'),
    master: join(directory, 'master.sock'),
    certificates: join(directory, 'certs'),
  };
}

/** The command that runs HAProxy with a master process. `command`: how HAProxy is called. */
export function lbCommand(command: string, { config, master }: LbFiles): readonly string[] {
  return [command, '-W', '-S', `${master},mode,600`, '-f', config];
}
