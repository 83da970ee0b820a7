import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Problem } from '../../model/index.ts';
import type { Certificate } from './certificate.ts';
import { type LoadedCertificate, type LoadedCertificates, parseLoaded, parseNames } from './loaded.ts';
import type { CertificateChange } from './plan.ts';
import { ALL_CERTIFICATES } from './private-copies.ts';
import { certificateSubject, stillInUse } from './problems.ts';

export interface RunningCertificatesDependencies {
  /** Sends commands to the stats socket of the running HAProxy, and gives the reply. */
  readonly ask: (commands: string) => Promise<string>;
}

/** Commands of one line must fit into HAProxy's buffer of 16 kB. */
const ASKED_AT_ONCE = 32;

/** The certificates of the running HAProxy: reads them once for each process, and then follows its own changes. */
export class RunningCertificates {
  readonly #ask;
  readonly #directory;
  readonly #list;
  #worker: string | null = null;
  #files = new Map<string, LoadedCertificate>();
  #listed: Set<string> | null = null;
  #problems = new Map<string, Problem>();

  /** `privateDirectory`: as in the settings of the store. */
  constructor({ ask }: RunningCertificatesDependencies, privateDirectory: string) {
    this.#ask = ask;
    this.#directory = privateDirectory;
    this.#list = join(privateDirectory, ALL_CERTIFICATES);
  }

  /** Which of the wanted certificates and their OCSP responses HAProxy refuses. */
  problems(wanted: ReadonlyMap<string, Certificate>): readonly Problem[] {
    return [...wanted.values()].flatMap(({ file }) => this.#problems.get(file) ?? []);
  }

  /** `worker`: pid of the running process. Another one has read other files. */
  async observe(worker: string): Promise<LoadedCertificates> {
    if (this.#worker !== worker) {
      this.#worker = null;
      await this.#readAll();
      this.#worker = worker;
    }
    return { files: this.#files, listed: this.#listed };
  }

  /** Makes one change. A certificate that HAProxy refuses is a problem, and stays as it was. */
  async apply(change: CertificateChange): Promise<void> {
    if (change.kind === 'remove certificate') await this.#remove(change.file);
    else await this.#set(change);
  }

  async #readAll(): Promise<void> {
    const [own, lists] = [`${this.#directory}/`, parseNames(await this.#ask('show ssl crt-list'))];
    const all = lists.includes(this.#list) ? parseNames(await this.#ask(`show ssl crt-list ${this.#list}`)) : null;
    const files = parseNames(await this.#ask('show ssl cert')).filter((file) => file.startsWith(own));
    this.#listed = all && new Set(all);
    this.#files = new Map();
    this.#problems.clear();
    for (let start = 0; start < files.length; start += ASKED_AT_ONCE) {
      await this.#read(files.slice(start, start + ASKED_AT_ONCE));
    }
  }

  async #read(files: readonly string[]): Promise<void> {
    const reply = await this.#ask(files.map((file) => `show ssl cert ${file}`).join(';'));
    for (const [file, loaded] of parseLoaded(reply)) this.#files.set(file, loaded);
  }

  async #set({ kind, certificate, isNew }: Extract<CertificateChange, { certificate: Certificate }>): Promise<void> {
    const { file, fingerprint, version } = certificate;
    const commands = await commandsFor(certificate, isNew);
    let reply = await this.#ask(commands);
    // There can be one transaction, and an agent that was killed may have left another one.
    const other = /ongoing transaction is about '([^']+)'/.exec(reply)?.[1];
    if (other) reply = await this.#ask(`abort ssl cert ${other}\n${commands}`);
    const loaded = parseLoaded(reply).get(file);
    if (loaded?.fingerprint !== fingerprint) return this.#noteRefusal(certificate, loaded ?? NOT_LOADED, reply);
    if (!reply.includes(`Pid: ${this.#worker}\n`)) {
      this.#worker = null;
      throw new Error('HAProxy was replaced meanwhile');
    }
    this.#files.set(file, { ...loaded, version });
    this.#noteOcsp(certificate, loaded);
    if (kind === 'add certificate') await this.#addToList(file);
  }

  /** It is not tried again: other changes must go on. */
  async #noteRefusal({ name, file, version }: Certificate, loaded: LoadedCertificate, reply: string): Promise<void> {
    await this.#ask(`abort ssl cert ${file}`);
    const refusal = refusalIn(reply);
    if (refusal === '') throw new Error(`HAProxy did not say whether it takes certificate ${name}`);
    const what = `HAProxy does not take it (${refusal})`;
    const problem = {
      subject: certificateSubject(name),
      what,
      hint: 'install it again; if this persists, order another one',
    };
    this.#files.set(file, { ...loaded, refused: version });
    this.#problems.set(file, stillInUse(problem, loaded.fingerprint !== null));
  }

  async #addToList(file: string): Promise<void> {
    const reply = await this.#ask(`add ssl crt-list ${this.#list} ${file}`);
    if (!reply.includes('Success!')) throw new Error(`HAProxy does not list ${file}: ${refusalIn(reply)}`);
    this.#listed?.add(file);
  }

  async #remove(file: string): Promise<void> {
    const reply = await this.#ask(`del ssl crt-list ${this.#list} ${file}`);
    if (!reply.includes('deleted')) throw new Error(`HAProxy does not remove ${file}: ${refusalIn(reply)}`);
    // A listener that names the certificate keeps it until the configuration is another one.
    await this.#ask(`del ssl cert ${file}`);
    this.#listed?.delete(file);
    this.#files.delete(file);
    this.#problems.delete(file);
  }

  #noteOcsp({ name, file, ocspFile }: Certificate, { hasOcsp }: LoadedCertificate): void {
    this.#problems.delete(file);
    if (ocspFile === null || hasOcsp) return;
    const what = 'HAProxy refuses its OCSP response; the certificate is served without it';
    const hint = 'replace it by a current response for this certificate, in DER, and put the issuer into the chain';
    this.#problems.set(file, { subject: certificateSubject(name), what, hint });
  }
}

/** Sets all parts of a certificate, and reads it back. */
async function commandsFor({ file, ocspFile }: Certificate, isNew: boolean): Promise<string> {
  const [key, chain] = splitCopy(await readFile(file, 'utf8'));
  const ocsp = ocspFile === null ? null : (await readFile(ocspFile)).toString('base64');
  // A payload ends with an empty line. HAProxy answers a second one with its help.
  const set = (path: string, payload: string): string => `set ssl cert ${path} <<\n${payload}`;
  return [
    'show info',
    ...(isNew ? [`new ssl cert ${file}`] : []),
    set(file, chain),
    set(`${file}.key`, key),
    ...(ocsp === null ? [] : [set(`${file}.ocsp`, `${ocsp}\n`)]),
    `commit ssl cert ${file}`,
    `show ssl cert ${file}`,
  ].join('\n');
}

const NOT_LOADED: LoadedCertificate = {
  fingerprint: null,
  chainLength: 0,
  hasOcsp: false,
  version: null,
  refused: null,
};

const KEY_END = '-----END PRIVATE KEY-----\n';

/** Key and chain of a private copy. */
function splitCopy(text: string): readonly [key: string, chain: string] {
  const end = text.indexOf(KEY_END) + KEY_END.length;
  return [text.slice(0, end), text.slice(end)];
}

/** What HAProxy says, without anything that could be a part of a key. */
function refusalIn(reply: string): string {
  const words = reply.split('\n').filter((line) => !/^\w+: /.test(line));
  const lines = words.filter((line) => /can't|inconsist|must|ongoing|unable|fail|error|exist/i.test(line));
  return lines
    .join(' ')
    .replaceAll(/[A-Za-z0-9+=]{30,}/g, '…')
    .slice(0, 400);
}
