import { readYaml, type ValueStyle, type YamlDocument } from '../../../system/yaml/index.ts';
import { splitJsonList } from './json-list.ts';
import { RANCHER_SECTIONS } from './rancher-files.ts';

/** A document of a manifest. */
export interface FileDocument {
  readonly document: YamlDocument;
  readonly text: string;
}

/** Reads the documents of a manifest: values of Compose files with the types that Compose and rancher-compose give them. */
export function readDocuments(text: string): readonly FileDocument[] {
  const split = splitJsonList(text.replace(/^\uFEFF/, ''));
  const documents = readYaml(split, { styleOf, lenient: true });
  const lines = split.split('\n');
  const firstLines = documents.map((document) => (document.ok ? document.lineOf([]) : document.line));
  return documents.map((document, index) => {
    const [from = 1, to = lines.length + 1] = firstLines.slice(index);
    return { document, text: lines.slice(from - 1, to - 1).join('\n') };
  });
}

/** Paths of the `metadata` of a service in all layouts. */
const INJECTED = new RegExp(
  `^((services|x-drover/services|${RANCHER_SECTIONS.join('|')})/[^/]+|(?!services/|x-drover/)[^/]+)(/x-drover)?/metadata$`,
);

function styleOf(path: readonly string[], top: ReadonlySet<string>): ValueStyle {
  const exact = path.at(-1) === 'metadata' && INJECTED.test(path.join('/'));
  if (top.has('stack')) return { exact };
  // `metadata` beside the keys of a service is one of rancher-compose.yml.
  return { exact, dialect: exact && !path.includes('x-drover') ? 'yaml.v2' : 'yaml.v3' };
}
