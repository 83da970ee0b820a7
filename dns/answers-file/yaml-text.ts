import { readYaml } from '../../system/yaml/index.ts';
import type { AnswersText } from './text.ts';

/** As much as a hundred thousand names need several times over. */
const LIMITS = { maxBytes: 256e6, maxValues: 20e6 };

/** Reads a file of one YAML document; an empty one is null. */
export function readYamlText(file: string, text: string): AnswersText {
  const [document, second] = readYaml(text, LIMITS);
  if (!document) return { ok: true, value: null, lineOf: () => null };
  if (!document.ok) {
    const problems = document.faults.map(({ line, what, hint }) => ({ subject: `${file}:${line}`, what, hint }));
    return { ok: false, problems };
  }
  if (!second) return document;
  const hint = 'put everything into the first one';
  return { ok: false, problems: [{ subject: file, what: 'has more than one YAML document', hint }] };
}
