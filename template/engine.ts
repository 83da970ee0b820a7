import Handlebars, { type HelperOptions } from 'handlebars';
import { keyFunctions, plainFunctions, type TemplateFunction } from './confd/functions.ts';
import type { KeyStore } from './confd/key-store.ts';
import { textOf, truth } from './go/values.ts';
import type { World } from './world.ts';
import { worldFunctions } from './world-functions.ts';

export interface EngineOptions {
  /** What `getenv` reads. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Wall clock, milliseconds since the epoch, for `datetime`. */
  readonly now: () => number;
}

/** What a template is rendered with. */
export interface RenderInput {
  readonly world: World;
  readonly keys: KeyStore;
}

/** A compiled template. Throws when it cannot be rendered, with what and where. */
export type Render = (input: RenderInput) => string;

export interface Engine {
  /** Throws when the template is not valid. */
  compile(source: string): Render;
  /** Names of the functions that a template can call. */
  readonly functions: ReadonlySet<string>;
}

/** Handlebars with Drover's functions. Nothing is escaped, because the files are not HTML. */
export function createEngine({ env, now }: EngineOptions): Engine {
  const handlebars = Handlebars.create();
  const plain = plainFunctions(env, now);
  for (const [name, call] of Object.entries(plain)) handlebars.registerHelper(name, called(call));
  const late = { ...keyFunctions(NO_KEYS), ...worldFunctions(NO_WORLD) };
  for (const name of Object.keys(late)) {
    handlebars.registerHelper(name, (...values: unknown[]) => {
      const functions = (values.at(-1) as HelperOptions).data.functions as Readonly<Record<string, TemplateFunction>>;
      return called(functions[name] as TemplateFunction)(...values);
    });
  }
  addBlocks(handlebars);
  return {
    functions: new Set([...Object.keys(plain), ...Object.keys(late)]),
    compile: (source) => {
      // `Handlebars.compile` parses at the first rendering; errors must show when the template is read.
      handlebars.parse(source);
      const template = handlebars.compile(source, { noEscape: true });
      return ({ world, keys }) => {
        const functions = { ...keyFunctions(keys), ...worldFunctions(world) };
        return template(world, { data: { functions } });
      };
    },
  };
}

const NO_KEYS: KeyStore = { get: () => null, match: () => [], list: () => [], listDirectories: () => [] };
const NO_WORLD: World = { self: {}, services: [], containers: [], stacks: [], hosts: [], networks: [] };

/** Removes the options that Handlebars passes as the last argument. */
function called(call: TemplateFunction): (...values: unknown[]) => unknown {
  return (...values) => (call as (...given: unknown[]) => unknown)(...values.slice(0, -1));
}

function addBlocks(handlebars: typeof Handlebars): void {
  handlebars.registerHelper('show', (value: unknown) => textOf(value));
  handlebars.registerHelper('truth', (value: unknown) => truth(value));
  handlebars.registerHelper('unescape', (text: string) => decodeURIComponent(text));
  handlebars.registerHelper('let', function (this: unknown, value: unknown, options: HelperOptions) {
    return options.fn(this, { data: options.data, blockParams: [value] });
  });
  handlebars.registerHelper('withValue', function (this: unknown, value: unknown, options: HelperOptions) {
    return truth(value) ? options.fn(value, { data: options.data, blockParams: [value] }) : options.inverse(this);
  });
  handlebars.registerHelper('range', function (this: unknown, value: unknown, options: HelperOptions) {
    const items = itemsOf(value);
    if (items.length === 0) return options.inverse(this);
    const each = ([index, item]: readonly [unknown, unknown]) =>
      options.fn(item, { data: options.data, blockParams: [item, index] });
    return items.map(each).join('');
  });
}

/** The items of Go's `range`: a list in order, a map by its keys, the numbers below a number. */
function itemsOf(value: unknown): readonly (readonly [unknown, unknown])[] {
  if (typeof value === 'number') return Array.from({ length: Math.max(0, value) }, (_, n) => [n, n] as const);
  if (Array.isArray(value)) return value.map((item, index) => [index, item] as const);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}
