import { writeFile } from 'node:fs/promises';
import { EXIT } from '../support/io.ts';
import { type ListenAddress, parseListen } from '../support/listen-option.ts';

/** A server that reads a file of its own. */
export interface StandAloneServer {
  reload(): Promise<unknown>;
  close(): Promise<void>;
}

/** Serves until SIGTERM or SIGINT, reads again at SIGHUP, and ends this process. */
export async function serveUntilEnded(start: () => Promise<StandAloneServer>): Promise<never> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => end());
  // Before the file is read for the first time: the signal alone would end us.
  let reload = async (): Promise<unknown> => undefined;
  process.on('SIGHUP', () => void reload());
  const server = await start();
  reload = () => server.reload();
  await ended;
  await server.close();
  process.exit(EXIT.ok);
}

export async function writePidFile(path: string | undefined): Promise<void> {
  if (path) await writeFile(path, String(process.pid));
}

/** `:53` is every IPv4 address. */
export function listenOf(flag: string, text: string): ListenAddress {
  return parseListen(text.replace(/^:/, '0.0.0.0:').replace(/^localhost:/, '127.0.0.1:'), flag);
}
