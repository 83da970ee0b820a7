import { chmod, rename, stat, unlink } from 'node:fs/promises';
import { type HttpServer, type Route, serveHttp } from '../../system/index.ts';

/**
 * Serves at a path that only its owner may open. Another process that serves there goes on with the connections it has; new
 * ones come here. Rejects when the folder is missing or may not be written.
 */
export async function serveUnixSocket(routes: ReadonlyMap<string, Route>, path: string): Promise<HttpServer> {
  // Made beside it and put in its place: there is no moment without a socket, nor with one that others may open.
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
