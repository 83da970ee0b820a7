import { chmod, rename, stat, unlink } from 'node:fs/promises';
import { type HttpServer, type Route, serveHttp } from '../../system/index.ts';

/**
 * Serves on a unix socket that only its owner may open. A process that served there before keeps its connections; new connections
 * come here. Rejects if the directory is missing or not writable.
 */
export async function serveUnixSocket(routes: ReadonlyMap<string, Route>, path: string): Promise<HttpServer> {
  // Created under another name and renamed, so that a socket always exists and is never open to others.
  const made = `${path}.${process.pid}`;
  await unlink(made).catch(() => undefined);
  const http = await serveHttp(routes, (server) => {
    const before = process.umask(0o177);
    server.listen(made);
    process.umask(before);
  });
  await chmod(made, 0o600);
  const { ino } = await stat(made);
  await rename(made, path);
  return {
    server: http.server,
    close: async () => {
      await http.close();
      const now = await stat(path).catch(() => null);
      if (now?.ino === ino) await unlink(path).catch(() => undefined);
    },
  };
}
