import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import type { Problem } from '../model/index.ts';
import type { Engine, Render } from './engine.ts';
import { convertGoTemplate } from './go/convert.ts';
import { type Location, RenderError } from './go/helpers.ts';
import type { TemplateSpec } from './template-spec.ts';

export type Compiled =
  | {
      readonly ok: true;
      readonly render: Render;
      /** Where the template fails, if `render` has thrown: its file and line. */
      placeOf(error: unknown): string;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads and compiles a template. A confd template is converted first. Never rejects. */
export async function compileTemplate(
  engine: Engine,
  { source, language }: Pick<TemplateSpec, 'source' | 'language'>,
): Promise<Compiled> {
  const read = await readTemplate(source);
  if (!read.ok) return read;
  let { text } = read;
  let lineOf = ({ line }: Location): number => line;
  if (language === 'go') {
    const converted = convertGoTemplate(text, { name: source, functions: engine.functions });
    if (!converted.ok) return converted;
    ({ text, lineOf } = converted);
  }
  const placeOf = (error: unknown) => (error instanceof RenderError ? `${source} line ${lineOf(error.at)}` : source);
  try {
    return { ok: true, render: engine.compile(text), placeOf };
  } catch (error) {
    return failed(source, `is not a valid template: ${reasonOf(error)}`, 'correct the template');
  }
}

type Failed = Extract<Compiled, { ok: false }>;

/** Reads the text of a template. Never rejects. */
export async function readTemplate(source: string): Promise<Failed | { readonly ok: true; readonly text: string }> {
  try {
    const bytes = await readFile(source);
    if (isUtf8(bytes)) return { ok: true, text: bytes.toString() };
    return failed(source, 'is not text in UTF-8', 'convert the file to UTF-8');
  } catch (error) {
    return failed(source, `cannot be read: ${reasonOf(error)}`, 'correct the path or its permissions');
  }
}

function failed(subject: string, what: string, hint: string): Failed {
  return { ok: false, problems: [{ subject, what, hint }] };
}

/** The message of an error, in one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').join(' | ');
}
