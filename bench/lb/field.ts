import { mkdir, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { dirname, join, resolve } from 'node:path';
import { startDaemon } from '../../test/support/daemon.ts';
import { poll } from '../../test/support/poll.ts';
import type { Resources } from '../../test/support/resources.ts';
import type { Program } from './proxies.ts';

/** One of the two cores belongs to the proxies, the other to the generator and the containers. */
export const PROXY_CORE = '1';

export interface Running {
  readonly name: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a program in a directory of its own, and waits until it answers on the address. */
export async function startProgram(
  resources: Resources,
  dir: string,
  {
    proxy,
    core,
    url,
    host,
  }: { readonly proxy: Program; readonly core: string; readonly url: string; readonly host: string },
): Promise<Running> {
  await mkdir(dir, { recursive: true });
  for (const [name, text] of Object.entries(proxy.files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  const env = { GOMAXPROCS: '1', HOME: dir, XDG_DATA_HOME: dir, XDG_CONFIG_HOME: dir };
  const daemon = startDaemon('taskset', ['-c', core, resolve('.tools/peers/start'), ...proxy.command], {
    cwd: dir,
    env,
  });
  resources.add(proxy.name, () => daemon.stop());
  await poll(async () => (await fetchStatus(url, host)) === 200, {
    what: proxy.name,
    timeoutMs: 30_000,
    giveUp: daemon.assertRunning,
  });
  return { name: proxy.name, pid: daemon.pid, stop: daemon.stop };
}

function fetchStatus(url: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false, headers: { Host: host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', reject);
  });
}
