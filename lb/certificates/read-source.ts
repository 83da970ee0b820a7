import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { ok, problem, type Result } from '../../model/index.ts';
import type { CertificateSource } from './list-sources.ts';
import { type NamedText, type ParsedCertificate, parseCertificate } from './parse-certificate.ts';

/** A certificate that was read. */
export interface ReadCertificate extends ParsedCertificate {
  /** OCSP response; null: none. */
  readonly ocsp: Buffer | null;
}

interface Reading {
  /** State of the files before they were read. */
  readonly state: string;
  /** Whether every later change of a file changes its state: times of files have a resolution of some milliseconds. */
  readonly isSettled: boolean;
  readonly result: Result<ReadCertificate>;
}

const MAX_BYTES = 128 << 10;
const SETTLED_MS = 1_000;

export interface SourceReader {
  /** Reads a certificate. The result is the identical value while its files do not change. */
  read(subject: string, source: CertificateSource): Promise<Result<ReadCertificate>>;
  /** Forgets all certificates but these. */
  keep(sources: readonly CertificateSource[]): void;
}

export function createSourceReader(now: () => number): SourceReader {
  const readings = new Map<string, Reading>();
  return {
    read: async (subject, source) => {
      const before = readings.get(source.name);
      const startedAt = now();
      const files = [...new Set([...source.chain, source.key, ...(source.ocsp === null ? [] : [source.ocsp])])];
      const states = await Promise.all(files.map(stateOf));
      const state = states.map(({ text }, index) => `${files[index]} ${text}`).join('\n');
      if (before?.isSettled && before.state === state) return before.result;
      const isSettled = states.every(({ changedMs }) => changedMs < startedAt - SETTLED_MS);
      const result = await readSource(subject, source);
      readings.set(source.name, { state, isSettled, result });
      return result;
    },
    keep: (sources) => {
      const names = new Set(sources.map(({ name }) => name));
      for (const name of readings.keys()) if (!names.has(name)) readings.delete(name);
    },
  };
}

async function stateOf(path: string): Promise<{ readonly text: string; readonly changedMs: number }> {
  try {
    const { dev, ino, size, ctimeNs, ctimeMs } = await stat(path, { bigint: true });
    return { text: `${dev} ${ino} ${size} ${ctimeNs}`, changedMs: Number(ctimeMs) };
  } catch (error) {
    return { text: (error as NodeJS.ErrnoException).code ?? 'error', changedMs: 0 };
  }
}

export async function readSource(
  subject: string,
  { chain, key, ocsp }: CertificateSource,
): Promise<Result<ReadCertificate>> {
  const texts = new Map<string, NamedText>();
  for (const path of new Set([...chain, key])) {
    const read = await readSmall(subject, path);
    if (!read.ok) return read;
    texts.set(path, { path, text: read.value.toString('latin1') });
  }
  const textOf = (path: string): NamedText => texts.get(path) ?? { path, text: '' };
  const parsed = parseCertificate(subject, { chain: chain.map(textOf), key: textOf(key) });
  if (!parsed.ok) return parsed;
  const response = ocsp === null ? null : await readSmall(subject, ocsp);
  return ok(response?.ok ? withOcsp(parsed.value, response.value) : { ...parsed.value, ocsp: null });
}

function withOcsp(parsed: ParsedCertificate, ocsp: Buffer): ReadCertificate {
  const version = createHash('sha256').update(parsed.about.version).update(ocsp).digest('hex');
  return { ...parsed, about: { ...parsed.about, version }, ocsp };
}

/** Only regular files: reading a pipe may never end. */
async function readSmall(subject: string, path: string): Promise<Result<Buffer>> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return problem(subject, `${path} is not a regular file`, 'replace it by a file');
    if (stats.size > MAX_BYTES)
      return problem(subject, `${path} is larger than 128 kB`, 'put only this certificate into it');
    return ok(await readFile(path));
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return problem(subject, `${path} is missing`, 'restore it');
    return problem(subject, `${path} cannot be read (${code})`, 'make it a file that the agent may read');
  }
}
