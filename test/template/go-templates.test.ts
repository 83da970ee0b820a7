import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createKeyStore, flatten } from '../../template/confd/key-store.ts';
import { RenderError } from '../../template/go/helpers.ts';
import { convertGoTemplate, createEngine } from '../../template/index.ts';
import { worldOf } from '../../template/world.ts';

/**
 * What Go's text/template writes with confd's functions, byte for byte. `scripts/record-go-templates` made the records, with Go
 * 1.19. Each record is a template and its result in each world: text, or the line on which Go refuses it.
 */
const folder = join(import.meta.dirname, '../fixtures/go-templates');
const text = (name: string) => readFileSync(join(folder, name), 'utf8');

type Result = { readonly out: string } | { readonly line: number; readonly error: string };
interface RecordedTemplate {
  readonly template: string;
  /** A single one: the result is the same in all worlds. */
  readonly results: readonly Result[];
}

const NOW = Date.UTC(2026, 2, 5, 14, 7, 9, 123);
process.env.TZ = 'UTC';
const worlds = (JSON.parse(text('worlds.json')) as { tree: unknown; env: Record<string, string> }[]).map(
  ({ tree, env }) => ({
    keys: createKeyStore(flatten('/', tree)),
    engine: createEngine({ env, now: () => NOW }),
  }),
);
const records = text('recorded.jsonl')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as RecordedTemplate);

/** The text, or the lines of the problems. */
function rendered(template: string, { keys, engine }: (typeof worlds)[number]): string | readonly number[] {
  const converted = convertGoTemplate(template, { name: 'file.tmpl', functions: engine.functions });
  if (!converted.ok) return converted.problems.map(({ subject }) => Number(subject.split(' ').at(-1)));
  try {
    return engine.compile(converted.text)({ world: worldOf({}), keys });
  } catch (error) {
    if (!(error instanceof RenderError)) throw error;
    return [converted.lineOf(error.at)];
  }
}

/** What Go writes and Drover refuses. */
const REFUSED = ['{{printf "%x" 1.5}}'];

describe('converted templates give the same text as Go, or are refused on the same line', () => {
  test.each(records)('$template', ({ template, results }) => {
    for (const [at, world] of worlds.entries()) {
      const expected = results[at] ?? results[0];
      const actual = rendered(template, world);
      if (REFUSED.includes(template)) expect(actual).toEqual([1]);
      else if (expected && 'out' in expected) expect(actual).toBe(expected.out);
      else expect(actual, expected?.error).toContain(expected?.line);
    }
  });
});
