import { readFile } from 'node:fs/promises';

/** Turns a model of quoted words into the text of a section. */
export type Templates = Readonly<Record<'haproxy' | 'frontend' | 'backend', (model: object) => string>>;

/** Handlebars is loaded on first use: many hosts balance nothing. */
export async function loadTemplates(): Promise<Templates> {
  const { default: handlebars } = await import('handlebars');
  const load = async (name: string) => {
    const text = await readFile(new URL(`./${name}.hbs`, import.meta.url), 'utf8');
    return handlebars.compile(text, { noEscape: true, strict: true });
  };
  const [haproxy, frontend, backend] = await Promise.all([load('haproxy'), load('frontend'), load('backend')]);
  return { haproxy, frontend, backend };
}
