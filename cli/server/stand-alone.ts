import { writeFile } from 'node:fs/promises';
import { EXIT } from '../support/io.ts';
import { type ListenAddress, parseListen } from '../support/listen-option.ts';

/** A server that answers from a file instead of the agent's state. */
export interface StandAloneServer {
  reload(): Promise<unknown>;
  close(): Promise<void>;
}

/** Serves until SIGTERM or SIGINT, reloads on SIGHUP, then exits the process. */
export async function serveUntilEnded(start: () => Promise<StandAloneServer>): Promise<never> {
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => end());
  // Installed before the file is first read: without a handler SIGHUP would end the process.
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

/** Parses the address form of the originals: `:53` means every IPv4 address. */
export function listenOf(flag: string, text: string): ListenAddress {
  return parseListen(text.replace(/^:/, '0.0.0.0:').replace(/^localhost:/, '127.0.0.1:'), flag);
}
