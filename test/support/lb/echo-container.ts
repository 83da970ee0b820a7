import { realpathSync } from 'node:fs';
import type { ComposeOptions } from '../containers.ts';

export const ECHO_PORT = 8_080;

const APP = '/app/echo-app.ts';
/** The program with its libraries, read only: no image has to be made, and none imported. */
export const ECHO_BINDS: readonly string[] = [
  `${realpathSync(process.execPath)}:/bin/node:ro`,
  `${import.meta.dirname}:/app:ro`,
  ...['/usr/lib', '/lib', '/lib64'].map((path) => `${realpathSync(path)}:${path}:ro`),
];
export const ECHO_COMMAND: readonly string[] = ['node', APP];

export interface EchoOptions {
  readonly service: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly onSigterm?: 'drain' | 'exit';
  /** How long Docker waits after SIGTERM; longer than the longest request. */
  readonly stopTimeoutSeconds?: number;
}

/** Options of `composeUp` for a container that runs `echo-app.ts`. */
export function echoOptions({
  service,
  labels = {},
  onSigterm = 'drain',
  stopTimeoutSeconds = 20,
}: EchoOptions): ComposeOptions {
  return {
    command: ECHO_COMMAND,
    labels,
    create: {
      Env: [`SERVICE=${service}`, `PORT=${ECHO_PORT}`, `ON_SIGTERM=${onSigterm}`],
      ExposedPorts: { [`${ECHO_PORT}/tcp`]: {} },
      StopTimeout: stopTimeoutSeconds,
      HostConfig: { Binds: [...ECHO_BINDS] },
    },
  };
}
