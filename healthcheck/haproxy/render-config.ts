import { readFile } from 'node:fs/promises';
import type { Backend } from './backend.ts';

/** Files of one HAProxy process. Their paths must have no blanks or quotes. */
export interface HaproxyFiles {
  readonly config: string;
  readonly socket: string;
  /** Requests by server, for `map()`. HAProxy reads it when it starts. */
  readonly map: string;
}

/** The configuration of the checking HAProxy: backends without servers, which are added to the running process. */
export async function renderConfig(files: HaproxyFiles, backends: readonly Backend[]): Promise<string> {
  // Loaded on first use: many hosts check nothing.
  const { default: handlebars } = await import('handlebars');
  const template = await readFile(new URL('./haproxy.hbs', import.meta.url), 'utf8');
  const render = handlebars.compile(template, { noEscape: true, strict: true });
  return render({ ...files, backends: backends.toSorted(byName).map(forTemplate) });
}

const byName = (a: Backend, b: Backend): number => (a.name < b.name ? -1 : Number(a.name > b.name));

/** Field 1 of a request is its URI. */
function forTemplate({ request, ...backend }: Backend): object {
  if (request === null) return { ...backend, request };
  const headers = request.headerNames.map((name, index) => ({ name, field: index + 2 }));
  return { ...backend, request: { ...request, headers } };
}
