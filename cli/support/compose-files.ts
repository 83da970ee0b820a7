import { existsSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';

const PROJECT = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDE = PROJECT.map((name) => name.replace('.', '.override.'));
const RANCHER = ['rancher-compose.yml', 'rancher-compose.yaml'];

/** Files that Compose reads without `-f`, and the name that it gives to a project without one. */
export interface ComposeFiles {
  readonly paths: readonly string[];
  readonly folderName: string;
}

/**
 * The files of `COMPOSE_FILE`, else the Compose file of a directory or of the nearest one above it, with its override file and the
 * rancher-compose.yml beside it. Null if there is none. Paths are relative to the directory.
 */
export function findComposeFiles(cwd: string, env: Readonly<Record<string, string | undefined>>): ComposeFiles | null {
  const named = (env.COMPOSE_FILE ?? '').split(env.COMPOSE_PATH_SEPARATOR || ':').filter((path) => path !== '');
  const [first] = named;
  if (first !== undefined) return { paths: named, folderName: folderName(dirname(join(cwd, first))) };
  for (let dir = cwd; ; dir = dirname(dir)) {
    const found = [PROJECT, OVERRIDE, RANCHER].map((names) => names.find((name) => existsSync(join(dir, name))));
    if (found[0] !== undefined) {
      const paths = found.flatMap((name) => (name === undefined ? [] : [relative(cwd, join(dir, name))]));
      return { paths, folderName: folderName(dir) };
    }
    if (dir === dirname(dir)) return null;
  }
}

/** As Compose makes a project name of a folder's name. */
function folderName(dir: string): string {
  return basename(dir)
    .toLowerCase()
    .replaceAll(/[^-_a-z0-9]/g, '')
    .replace(/^[-_]+/, '');
}
