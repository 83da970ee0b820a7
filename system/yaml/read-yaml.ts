import { type Document, isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseAllDocuments } from 'yaml';
import { createYamlReader, type ValueStyle, type YamlFault, type YamlReading, type YamlRemarks } from './values.ts';

export type { GoDialect } from './go-scalars.ts';
export type { ValueStyle, YamlFault, YamlPath } from './values.ts';

/** One document of a YAML text as plain data: null, booleans, numbers, strings, arrays and objects. */
export type YamlDocument =
  | (YamlRemarks & {
      readonly ok: true;
      readonly value: unknown;
      /** The line (from 1) of the key or element at a path, or of its nearest existing parent. */
      lineOf(path: readonly (string | number)[]): number;
    })
  | { readonly ok: false; readonly line: number; readonly faults: readonly YamlFault[] };

export interface YamlLimits {
  /** Default 2 MB. */
  readonly maxBytes?: number;
  /** Limit for the values of one document, including those that aliases repeat. Default 200,000. */
  readonly maxValues?: number;
}

export interface YamlOptions extends YamlLimits {
  /** The style of the values at and below a path, given the keys at the top of the document. Default: plain YAML 1.2. */
  readonly styleOf?: (path: readonly string[], top: ReadonlySet<string>) => ValueStyle;
  /** Accepts and reports repeated keys and unknown tags, and accepts numbers of any size. Default false: they are faults. */
  readonly lenient?: boolean;
}

const PLAIN: ValueStyle = { exact: false };

/**
 * Reads a text of one or more YAML 1.2 documents with `<<` merge keys, which Compose files use. Never throws: an invalid
 * document gives its faults with lines, and the other documents are still read.
 */
export function readYaml(
  text: string,
  { maxBytes = 2e6, maxValues = 200_000, styleOf = () => PLAIN, lenient = false }: YamlOptions = {},
): readonly YamlDocument[] {
  const sizeBytes = Buffer.byteLength(text);
  if (sizeBytes > maxBytes) {
    const what = `has ${(sizeBytes / 1e6).toFixed(1)} MB, more than the limit of ${maxBytes / 1e6} MB`;
    return [{ ok: false, line: 1, faults: [{ line: 1, what, hint: 'split it into several files' }] }];
  }
  const lines = new LineCounter();
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  try {
    // `uniqueKeys` takes quadratic time, and the option for merge keys expands aliases: our reader does both instead.
    const options = {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: false,
      intAsBigInt: true,
      schema: 'core',
    } as const;
    const documents = parseAllDocuments(text, options);
    return [...documents].map((parsed) => {
      const document = parsed as Document.Parsed;
      const top = topKeys(document);
      return readDocument(document, { lineAt, maxValues, styleOf: (path) => styleOf(path, top), lenient });
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ ok: false, line: 1, faults: [{ line: 1, ...TOO_DEEP }] }];
  }
}

const TOO_DEEP = { what: 'is nested too deeply', hint: 'use fewer levels' };

function topKeys({ contents }: Document.Parsed): ReadonlySet<string> {
  return new Set(isMap(contents) ? contents.items.map(({ key }) => (isScalar(key) ? String(key.value) : '')) : []);
}

function readDocument(document: Document.Parsed, reading: YamlReading): YamlDocument {
  const { lineAt } = reading;
  const line = lineAt(document.contents?.range[0] ?? document.range[0]);
  if (document.errors.length > 0) {
    return { ok: false, line, faults: syntaxFaults(document.errors, lineAt) };
  }
  const { value, faults, repeated, tags } = createYamlReader(reading)(document.contents);
  if (faults.length > 0) return { ok: false, line, faults };
  return { ok: true, value, repeated, tags, lineOf: (path) => lineOf(document, path, lineAt) };
}

interface SyntaxError {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, number];
}

/** The first few errors, one per line, because later errors are mostly consequences of the first. */
function syntaxFaults(errors: readonly SyntaxError[], lineAt: (offset: number) => number): readonly YamlFault[] {
  const byLine = new Map<number, YamlFault>();
  for (const error of errors.slice(0, 20)) {
    const fault = syntaxFault(error, lineAt);
    if (!byLine.has(fault.line)) byLine.set(fault.line, fault);
  }
  return [...byLine.values()].slice(0, 3);
}

function syntaxFault({ code, message, pos }: SyntaxError, lineAt: (offset: number) => number): YamlFault {
  const line = lineAt(pos[0]);
  if (code === 'TAB_AS_INDENT') return { line, what: 'is indented with a tab', hint: 'indent with spaces' };
  if (message.includes('call stack')) return { line, ...TOO_DEEP };
  return { line, what: `is not valid YAML: ${message}`, hint: 'correct this line or the one before it' };
}

function lineOf(
  document: Document.Parsed,
  path: readonly (string | number)[],
  lineAt: (offset: number) => number,
): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? document.range[0];
  for (const part of path) {
    const found = childOf(isAlias(node) ? node.resolve(document) : node, part);
    if (!found) break;
    offset = found.at.range?.[0] ?? offset;
    node = found.value;
  }
  return lineAt(offset);
}

/** The child at a key or index: the node where it begins (its key, if it has one) and its value. The last of equal keys counts. */
function childOf(node: unknown, part: string | number): { readonly at: Node; readonly value: unknown } | null {
  if (isSeq(node)) {
    const value = node.items[Number(part)] as Node | undefined;
    return value ? { at: value, value } : null;
  }
  if (!isMap(node)) return null;
  const pair = node.items.findLast(({ key }) => isScalar(key) && (key.source ?? String(key.value)) === String(part));
  return pair ? { at: pair.key as Node, value: pair.value } : null;
}
