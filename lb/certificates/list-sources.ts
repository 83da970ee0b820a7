import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** The files of one certificate, as paths. */
export interface CertificateSource {
  readonly name: string;
  /** The certificate of the server first. */
  readonly chain: readonly string[];
  readonly key: string;
  /** May be missing. */
  readonly ocsp: string;
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

/** Lists a directory of certificates. Rejects if it cannot be read. Links are followed. */
export async function listSources(directory: string): Promise<SourceListing> {
  const names = (await readdir(directory)).filter((name) => !name.startsWith('.')).sort();
  const folders = new Map<string, ReadonlySet<string>>();
  for (const name of names) {
    const path = join(directory, name);
    const isFolder = await stat(path).then(
      (stats) => stats.isDirectory(),
      () => false,
    );
    if (isFolder) folders.set(name, new Set(await readdir(path).catch(() => [])));
  }
  const files = new Set(names.filter((name) => !folders.has(name)));
  return groupFiles(directory, files, folders);
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
  return { name, chain: [join(directory, file)], key: join(directory, key), ocsp: join(directory, `${name}.ocsp`) };
}

function folderSource(directory: string, name: string, content: ReadonlySet<string>): CertificateSource | null {
  const folder = join(directory, name);
  const layout = LAYOUTS.find(({ chain, key }) => [...chain, key].every((file) => content.has(file)));
  if (!layout) return null;
  const chain = layout.chain.map((file) => join(folder, file));
  return { name, chain, key: join(folder, layout.key), ocsp: join(folder, 'ocsp.der') };
}
