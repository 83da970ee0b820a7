import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of one certificate, as paths. */
export interface CertificateSource {
  readonly name: string;
  /** The certificate of the server first. */
  readonly chain: readonly string[];
  readonly key: string;
  /** OCSP response; null: there is none. */
  readonly ocsp: string | null;
}

/** What a directory has. */
export interface SourceListing {
  readonly sources: readonly CertificateSource[];
  /** Sub-directories without a complete set of files, and keys without a certificate, by name. */
  readonly incomplete: ReadonlyMap<string, string>;
  /** A second certificate of a name, with its file. */
  readonly repeated: readonly { readonly name: string; readonly path: string }[];
  /** Directories to watch: the directory itself and its sub-directories. */
  readonly directories: readonly string[];
}

/** Sets of files of a sub-directory; the first complete one is used: certbot, the same without a full chain, Kubernetes. */
const LAYOUTS = [
  { chain: ['fullchain.pem'], key: 'privkey.pem' },
  { chain: ['cert.pem', 'chain.pem'], key: 'privkey.pem' },
  { chain: ['tls.crt'], key: 'tls.key' },
] as const;

/** In a sub-directory. */
const OCSP = 'ocsp.der';

/** Lists a directory of certificates. Rejects if it cannot be read. Links are followed. */
export async function listSources(directory: string): Promise<SourceListing> {
  const entries = (await readdir(directory, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'));
  const files = new Set<string>();
  const folders = new Map<string, ReadonlySet<string>>();
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!(await isFolder(directory, entry))) files.add(entry.name);
    else folders.set(entry.name, new Set(await readdir(join(directory, entry.name)).catch(() => [])));
  }
  return groupFiles(directory, files, folders);
}

async function isFolder(directory: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(join(directory, entry.name)).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

/** Which files are one certificate. */
export function groupFiles(
  directory: string,
  files: ReadonlySet<string>,
  folders: ReadonlyMap<string, ReadonlySet<string>>,
): SourceListing {
  const sources = new Map<string, CertificateSource>();
  const incomplete = new Map<string, string>();
  const repeated: { name: string; path: string }[] = [];
  const add = (source: CertificateSource): void => {
    if (sources.has(source.name)) repeated.push({ name: source.name, path: source.chain[0] ?? '' });
    else sources.set(source.name, source);
  };
  for (const ending of ['.pem', '.crt', '.cer']) {
    for (const file of files) if (file.endsWith(ending)) add(fileSource(directory, file, ending, files));
  }
  for (const [name, content] of folders) {
    const source = folderSource(directory, name, content);
    if (source) add(source);
    else incomplete.set(name, `${join(directory, name)} has no ${LAYOUTS[0].chain[0]} with a ${LAYOUTS[0].key}`);
  }
  for (const file of files) {
    const name = file.endsWith('.key') ? file.slice(0, -'.key'.length) : null;
    if (name && !sources.has(name)) incomplete.set(name, `${join(directory, file)} has no ${name}.crt beside it`);
  }
  return {
    sources: [...sources.values()],
    incomplete,
    repeated,
    directories: [directory, ...[...folders.keys()].map((name) => join(directory, name))],
  };
}

/** The key is in a file of its own, or in the file of the certificate. */
function fileSource(directory: string, file: string, ending: string, files: ReadonlySet<string>): CertificateSource {
  const name = file.slice(0, -ending.length);
  const key = files.has(`${name}.key`) ? `${name}.key` : file;
  const ocsp = files.has(`${name}.ocsp`) ? join(directory, `${name}.ocsp`) : null;
  return { name, chain: [join(directory, file)], key: join(directory, key), ocsp };
}

function folderSource(directory: string, name: string, content: ReadonlySet<string>): CertificateSource | null {
  const folder = join(directory, name);
  const layout = LAYOUTS.find(({ chain, key }) => [...chain, key].every((file) => content.has(file)));
  if (!layout) return null;
  const chain = layout.chain.map((file) => join(folder, file));
  return { name, chain, key: join(folder, layout.key), ocsp: content.has(OCSP) ? join(folder, OCSP) : null };
}
