import { rm, writeFile } from 'node:fs/promises';
import { CommandError, type RunCommand } from '../../system/index.ts';

/** Gives which of these copies HAProxy refuses. `configFile` is a file for its own use. */
export type RefusedCopies = (files: readonly string[], configFile: string) => Promise<ReadonlySet<string>>;

/**
 * Asks HAProxy itself, because it does not start with a certificate that its OpenSSL refuses. `command`: how HAProxy is called. If
 * HAProxy cannot be run, nothing is refused.
 */
export function createHaproxyCheck(run: RunCommand, [program = '', ...args]: readonly string[]): RefusedCopies {
  return async (files, configFile) => {
    const binds = files.map((file) => `  bind 127.0.0.1:1 ssl crt ${file}\n`);
    const times = ['client', 'server', 'connect'].map((side) => `  timeout ${side} 1s\n`);
    await writeFile(configFile, `listen check\n  mode tcp\n${times.join('')}${binds.join('')}`, { mode: 0o600 });
    try {
      await run(program, [...args, '-c', '-f', configFile], { timeoutMs: 30_000 });
      return new Set();
    } catch (error) {
      const messages = error instanceof CommandError ? error.stderr : '';
      return new Set(files.filter((file) => messages.includes(`'${file}'`)));
    } finally {
      await rm(configFile, { force: true });
    }
  };
}
