import { mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { writeFileAtomic } from '../../../system/index.ts';
import { CONFIG_FILE, PID_FILE, pluginsOf, renderStart, renderStrongswanConf, START_FILE } from './render.ts';
import type { IpsecMeans, IpsecSettings } from './settings.ts';

/** Writes what charon reads when it starts. */
export async function writeCharonFiles(settings: IpsecSettings, means: IpsecMeans): Promise<void> {
  const { runDir } = settings;
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  await writeFileAtomic(join(runDir, CONFIG_FILE), renderStrongswanConf(settings, means));
  await writeFileAtomic(join(runDir, START_FILE), renderStart(settings));
}

/** The charon that runs in this directory, also one that an earlier agent started; null: none. */
export async function findCharon(runDir: string): Promise<number | null> {
  const pid = Number.parseInt(await readFile(join(runDir, PID_FILE), 'utf8').catch(() => ''), 10);
  if (!(pid > 0)) return null;
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
  return name.trim() === 'charon' ? pid : null;
}

/** With which means the configuration in this directory starts charon; null: there is none. */
export async function readMeans(runDir: string): Promise<IpsecMeans | null> {
  const text = await readFile(join(runDir, CONFIG_FILE), 'utf8').catch(() => null);
  if (text === null) return null;
  return text.includes('kernel-libipsec') ? 'kernel-libipsec' : 'kernel';
}

/** The tun device that a process has open; null: none. */
export async function findTun(pid: number): Promise<string | null> {
  const folder = `/proc/${pid}/fdinfo`;
  for (const fd of await readdir(folder).catch(() => [])) {
    const text = await readFile(join(folder, fd), 'utf8').catch(() => '');
    const name = /^iff:\t(.+)$/m.exec(text)?.[1];
    if (name !== undefined) return name;
  }
  return null;
}

/** The plugins that strongSwan lacks; none if it has its plugins elsewhere, as other systems than Debian do. */
export async function missingPlugins(charon: string, means: IpsecMeans): Promise<readonly string[]> {
  // The second one: packages that are not installed, only unpacked, with a program that starts their charon.
  const folders = ['plugins', '../usr/lib/ipsec/plugins'].map((folder) => join(dirname(charon), folder));
  const files = (await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))).flat();
  const missing = pluginsOf(means).filter((name) => !files.includes(`libstrongswan-${name}.so`));
  return files.length === 0 ? [] : missing;
}
