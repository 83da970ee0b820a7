import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../system/index.ts';

/** The programs of bench/native, compiled. */
export interface NativePrograms {
  readonly generator: string;
  readonly echo: string;
}

/** Compiles them into .tools/bench, in about a second. Rejects with the compiler's output. */
export async function buildNative(): Promise<NativePrograms> {
  const dir = '.tools/bench';
  await mkdir(dir, { recursive: true });
  const build = async (name: string): Promise<string> => {
    const program = join(dir, name);
    // Renamed into place, because another benchmark may be running the old one.
    const fresh = `${program}.${process.pid}`;
    await runCommand('gcc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', fresh, `bench/native/${name}.c`]);
    await rename(fresh, program);
    return program;
  };
  const [generator, echo] = await Promise.all([build('generator'), build('echo')]);
  return { generator, echo };
}
