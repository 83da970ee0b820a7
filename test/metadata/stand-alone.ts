import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Daemon, startDaemon } from '../support/daemon.ts';
import { poll } from '../support/poll.ts';
import type { Resources } from '../support/resources.ts';

/** `drover metadata --answers` as a child process. */
export interface StandAlone {
  readonly daemon: Daemon;
  readonly port: number;
  write(text: string): Promise<void>;
  /** POST /v1/reload. */
  reload(): Promise<{ readonly status: number; readonly body: string }>;
}

export interface StandAloneOptions {
  /** Null: the file does not exist. */
  readonly text: string | null;
  /** Default `answers.json`. */
  readonly name?: string;
  readonly flags?: readonly string[];
}

/** Starts the server on free ports of 127.0.0.1. */
export async function startStandAlone(resources: Resources, options: StandAloneOptions): Promise<StandAlone> {
  const { text, name = 'answers.json', flags = [] } = options;
  const dir = await mkdtemp(join(tmpdir(), 'drover-answers-'));
  resources.add('directory of answers', () => rm(dir, { recursive: true, force: true }));
  const path = join(dir, name);
  if (text !== null) await writeFile(path, text);
  const where = ['-listen', '127.0.0.1:0', '-listenReload', '127.0.0.1:0', '-answers', path];
  const daemon = startDaemon(resolve('bin/drover'), ['metadata', ...where, ...flags]);
  resources.add('drover metadata --answers', () => daemon.stop());
  const serving = await poll(() => servingLine(daemon.output()), {
    what: 'the log line `serving`',
    timeoutMs: 20_000,
    giveUp: daemon.assertRunning,
  });
  return {
    daemon,
    port: serving.addresses[0]?.port ?? 0,
    write: (next) => writeFile(path, next),
    reload: async () => {
      const response = await fetch(`http://127.0.0.1:${serving.reload?.port}/v1/reload`, { method: 'POST' });
      return { status: response.status, body: await response.text() };
    },
  };
}

interface Serving {
  readonly addresses: readonly { readonly port: number }[];
  readonly reload: { readonly port: number } | null;
}

function servingLine(output: string): Serving | null {
  const line = /^\{.*"msg":"serving".*\}$/m.exec(output)?.[0];
  return line === undefined ? null : (JSON.parse(line) as Serving);
}
