import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { mapConcurrently, writeFileAtomic } from '../../system/index.ts';
import type { Certificate } from './certificate.ts';
import type { RefusedCopies } from './haproxy-check.ts';
import { type ReadCertificate, readSource } from './read-source.ts';

/** A crt-list of HAProxy, for listeners that have all certificates. It has the same name with every content. */
export const ALL_CERTIFICATES = 'all.list';

/** Longer names would not fit into a file name with its endings. */
const MAX_NAME_BYTES = 200;

const WRITES_AT_ONCE = 8;

/**
 * The files that HAProxy reads: key and chain of each certificate in one file, mode 0600, and a list of them. They are also the last
 * good certificates after a restart of the agent.
 */
export class PrivateCopies {
  readonly #directory: string;
  readonly #refused: RefusedCopies;
  #list: string | null = null;

  constructor(directory: string, refused: RefusedCopies) {
    this.#directory = directory;
    this.#refused = refused;
  }

  /** Creates the directory and gives what is in it. Files that are no copies are removed. */
  async open(): Promise<readonly Certificate[]> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await chmod(this.#directory, 0o700);
    const files = await readdir(this.#directory);
    const present = new Set(files);
    const copies = files.filter((file) => file.endsWith('.pem'));
    const found = await Promise.all(copies.map((file) => this.#load(file, present.has(responseOf(file)))));
    const loaded = found.filter((one) => one !== null);
    const refused = await this.#refusedOf(loaded.map(({ file }) => file));
    const certificates = loaded.filter(({ file }) => !refused.has(file));
    const kept = new Set(certificates.flatMap(({ file, ocspFile }) => [file, ocspFile]));
    for (const path of files.map((file) => join(this.#directory, file))) {
      if (!kept.has(path) && path !== join(this.#directory, ALL_CERTIFICATES))
        await rm(path, { recursive: true, force: true });
    }
    return certificates;
  }

  /** Replaces the copies of these certificates, by name. Null: HAProxy refuses the certificate, and the copy stays as it was. */
  async write(changed: ReadonlyMap<string, ReadCertificate>): Promise<ReadonlyMap<string, Certificate | null>> {
    const names = [...changed.keys()];
    const nextOf = (name: string): string => `${this.#fileOf(name)}.next`;
    await mapConcurrently([...changed], WRITES_AT_ONCE, ([name, { keyText, chainText }]) =>
      writeFileAtomic(nextOf(name), keyText + chainText, { mode: 0o600 }),
    );
    const refused = await this.#refusedOf(names.map(nextOf));
    const written = new Map<string, Certificate | null>();
    for (const [name, read] of changed) {
      const next = nextOf(name);
      if (refused.has(next)) await rm(next);
      written.set(name, refused.has(next) ? null : await this.#accept(name, next, read));
    }
    return written;
  }

  async remove({ file }: Certificate): Promise<void> {
    await rm(file, { force: true });
    await rm(responseOf(file), { force: true });
  }

  /** Comes after `write` and before `remove`: HAProxy does not start with a list that names a missing file. */
  async writeList(certificates: Iterable<Certificate>): Promise<void> {
    const lines = [...certificates].map(({ file }) => `${file}\n`).sort();
    if (lines.join('') === this.#list) return;
    this.#list = lines.join('');
    await writeFileAtomic(join(this.#directory, ALL_CERTIFICATES), this.#list, { mode: 0o600 });
  }

  async #refusedOf(files: readonly string[]): Promise<ReadonlySet<string>> {
    return files.length === 0 ? new Set() : this.#refused(files, join(this.#directory, 'check.cfg'));
  }

  async #accept(name: string, next: string, { about, ocsp }: ReadCertificate): Promise<Certificate> {
    const file = this.#fileOf(name);
    const ocspFile = ocsp ? responseOf(file) : null;
    if (ocsp) await writeFileAtomic(responseOf(file), ocsp, { mode: 0o600 });
    else await rm(responseOf(file), { force: true });
    await rename(next, file);
    return { ...about, name, file, ocspFile };
  }

  #fileOf(name: string): string {
    return join(this.#directory, `${encodeName(name)}.pem`);
  }

  /** Null if the file is no copy of a certificate. */
  async #load(entry: string, hasOcsp: boolean): Promise<Certificate | null> {
    const file = join(this.#directory, entry);
    const name = decodeName(entry.slice(0, -'.pem'.length));
    if (name === null || this.#fileOf(name) !== file) return null;
    const ocspFile = hasOcsp ? responseOf(file) : null;
    const read = await readSource(entry, { name, chain: [file], key: file, ocsp: ocspFile });
    return read.ok ? { ...read.value.about, name, file, ocspFile } : null;
  }
}

/** Whether a file can be named after a certificate. */
export function nameFits(name: string): boolean {
  return encodeName(name).length <= MAX_NAME_BYTES;
}

/** HAProxy would load a file with the ending `.ocsp` itself, and would not start with an expired one. */
function responseOf(file: string): string {
  return `${file}.response`;
}

/** Only letters, digits, `.`, `_`, `-` and `%`, so that it needs no quotes in HAProxy's configuration and commands. */
function encodeName(name: string): string {
  return encodeURIComponent(name).replaceAll(
    /[!'()*~]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function decodeName(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return null;
  }
}
