import { globSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { runCommand } from '../../../system/index.ts';

const HERE = 'test/support/resolver-clients';
const WARNINGS = ['-O2', '-Wall', '-Wextra', '-Werror'];

/** Compiles some of the clients with musl, static, under their own names. */
export async function buildMuslClients(dir: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => compileWithMusl(dir, name)));
}

function compileWithMusl(dir: string, name: string, as = name): Promise<string> {
  return runCommand('musl-gcc', ['-static', ...WARNINGS, '-o', join(dir, as), `${HERE}/${name}.c`]);
}

/**
 * Compiles the clients into a directory: `getaddrinfo` and `connects` with musl and with glibc, `c-ares`, `pairs`,
 * `acceptor`, and Node with its client. The musl clients are static, the others need Debian's libraries.
 */
export async function buildResolverClients(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const musl = (name: string, as = name) => compileWithMusl(dir, name, as);
  const glibc = (name: string, as = name, libraries: readonly string[] = []) =>
    runCommand('gcc', [...WARNINGS, '-pthread', '-o', join(dir, as), `${HERE}/${name}.c`, ...libraries]);
  await Promise.all([
    musl('getaddrinfo', 'getaddrinfo-musl'),
    glibc('getaddrinfo', 'getaddrinfo-glibc'),
    musl('connects', 'connects-musl'),
    glibc('connects', 'connects-glibc'),
    musl('pairs'),
    musl('acceptor'),
    glibc('c-ares', 'c-ares', globSync('/usr/lib/*/libcares.a')),
    copyFile(process.execPath, join(dir, 'node')),
    copyFile(resolve(HERE, 'node-lookups.ts'), join(dir, 'node-lookups.ts')),
  ]);
}
