/** Prints the demo and checks its expectations. A step that fails ends the demo with exit code 1. */
export interface Screen {
  /** Headline of a part. */
  part(title: string): void;
  /** Runs one step and prints its outcome; `work` throws if an expectation fails. */
  step<T>(title: string, work: () => Promise<T>): Promise<T>;
  /** A command that a user could run inside a container, and its output. */
  shown(command: string, output: string): void;
  note(text: string): void;
}

const colour = (code: number, text: string) => (process.stdout.isTTY ? `\u001b[${code}m${text}\u001b[0m` : text);

export function createScreen(): Screen {
  return {
    part: (title) => console.log(`\n${colour(1, title)}`),
    step: async (title, work) => {
      const started = performance.now();
      try {
        const value = await work();
        console.log(`  ${colour(32, 'ok')}   ${title} ${colour(2, `(${Math.round(performance.now() - started)} ms)`)}`);
        return value;
      } catch (error) {
        console.log(`  ${colour(31, 'FAIL')} ${title}`);
        throw error;
      }
    },
    shown: (command, output) => {
      console.log(`       ${colour(36, `$ ${command}`)}`);
      for (const line of output.trimEnd().split('\n')) if (line.trim() !== '') console.log(`         ${line}`);
    },
    note: (text) => console.log(`       ${text}`),
  };
}

export function expectThat(condition: boolean, complaint: string): void {
  if (!condition) throw new Error(complaint);
}
