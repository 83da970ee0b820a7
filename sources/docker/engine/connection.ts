import type Docker from 'dockerode';
import type { Problem } from '../../../model/index.ts';
import type { Clock, Log } from '../../../system/index.ts';
import { connectApi, type DockerApi } from './api.ts';
import { connectionProblem } from './connection-problem.ts';

/** The work on one connection to Docker; settles when it has ended. */
export type Conversation = (api: DockerApi, signal: AbortSignal) => Promise<void>;

export interface ConnectionStatus {
  readonly connected: boolean;
  readonly problem: Problem | null;
  readonly apiVersion: string | null;
}

export interface ConnectionOptions {
  readonly requestTimeoutMs: number;
  /** The first and the longest time between two attempts; up to half of it is subtracted at random. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

/** Keeps a connection to Docker until aborted. Logs each reason for a failure once. */
export interface Connection {
  run(converse: Conversation, signal: AbortSignal): Promise<void>;
  /** Called when everything works; a failure after that is a new one. */
  established(): void;
  status(): ConnectionStatus;
}

export interface ConnectionDependencies {
  readonly docker: Docker;
  readonly clock: Clock;
  readonly log: Log;
  /** Called when the connection is established or lost. */
  readonly onConnection?: () => void;
}

export function createConnection(
  { docker, clock, log, onConnection = () => {} }: ConnectionDependencies,
  options: ConnectionOptions,
): Connection {
  const where = whereIs(docker);
  let status: ConnectionStatus = { connected: false, problem: null, apiVersion: null };
  let failures = 0;
  const said = new Set<string>();

  const fail = (error: unknown): void => {
    const problem = connectionProblem(error, where);
    const { connected } = status;
    status = { ...status, connected: false, problem };
    if (connected) onConnection();
    if (!said.has(problem.what)) log.warn({ problem }, 'not connected to Docker; keeping the last known state');
    said.add(problem.what);
    failures += 1;
  };

  const converseOnce = async (converse: Conversation, signal: AbortSignal): Promise<void> => {
    const scope = new AbortController();
    const both = AbortSignal.any([signal, scope.signal]);
    try {
      const api = await connectApi(docker, options.requestTimeoutMs, both);
      status = { ...status, apiVersion: api.version };
      await converse(api, both);
      throw new Error('Docker ended the stream of events');
    } finally {
      scope.abort();
    }
  };

  return {
    status: () => status,
    established: () => {
      failures = 0;
      said.clear();
      if (status.connected) return;
      status = { ...status, connected: true, problem: null };
      log.info({ where, apiVersion: status.apiVersion }, 'connected to Docker');
      onConnection();
    },
    run: async (converse, signal) => {
      while (!signal.aborted) {
        try {
          await converseOnce(converse, signal);
        } catch (error) {
          if (signal.aborted) break;
          fail(error);
        }
        const ceiling = Math.min(options.longestWaitMs, options.firstWaitMs * 2 ** Math.min(failures - 1, 20));
        await clock.sleep(ceiling * (0.5 + Math.random() / 2), signal).catch(() => {});
      }
      status = { ...status, connected: false };
    },
  };
}

function whereIs(docker: Docker): string {
  const { socketPath, host, port } = docker.modem as { socketPath?: unknown; host?: string; port?: unknown };
  return typeof socketPath === 'string' ? socketPath : host ? `${host}:${port}` : 'its default socket';
}
