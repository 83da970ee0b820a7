import { readFile } from 'node:fs/promises';
import type { Problem } from '../model/index.ts';
import type { Engine, Render } from './engine.ts';
import { convertGoTemplate } from './go/convert.ts';
import type { TemplateSpec } from './template-spec.ts';

export type Compiled =
  | { readonly ok: true; readonly render: Render }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads and compiles a template. A confd template is converted first. Never rejects. */
export async function compileTemplate(
  engine: Engine,
  { source, language }: Pick<TemplateSpec, 'source' | 'language'>,
): Promise<Compiled> {
  const failed = (what: string, hint: string): Compiled => ({ ok: false, problems: [{ subject: source, what, hint }] });
  let text: string;
  try {
    text = await readFile(source, 'utf8');
  } catch (error) {
    return failed(`cannot be read: ${reasonOf(error)}`, 'correct the path or its permissions');
  }
  if (language === 'go') {
    const converted = convertGoTemplate(text, { name: source, known: engine.functions });
    if (!converted.ok) return converted;
    text = converted.text;
  }
  try {
    return { ok: true, render: engine.compile(text) };
  } catch (error) {
    return failed(`is not a valid template: ${reasonOf(error)}`, 'correct the template');
  }
}

/** The message of an error, in one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.trim().split('\n').join(' | ');
}
