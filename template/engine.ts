import Handlebars, { type HelperOptions } from 'handlebars';
import { keyFunctions, plainFunctions } from './confd/functions.ts';
import type { KeyStore } from './confd/key-store.ts';
import { BUILTINS } from './go/builtins.ts';
import { GO_MARK } from './go/convert.ts';
import { addGoHelpers, type Location, RenderError } from './go/helpers.ts';
import type { GoFunctions } from './go/signature.ts';
import { handlebarsFunctions, type TemplateFunction } from './handlebars-functions.ts';
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

/** A compiled template. Throws RenderError when it cannot be rendered, with the place in the Handlebars text. */
export type Render = (input: RenderInput) => string;

export interface Engine {
  /** Throws when the template is not valid. */
  compile(source: string): Render;
  /** The functions of Go templates. */
  readonly functions: GoFunctions;
}

/**
 * Handlebars with Drover's functions. Nothing is escaped, because the files are not HTML. A template that begins with GO_MARK
 * gets Go's functions, which have types, and keeps its white space exactly.
 */
export function createEngine(options: EngineOptions): Engine {
  const plain = plainFunctions(options.env, options.now);
  const own = createOwn(plain, options);
  const go = createGo(plain);
  return {
    functions: { ...BUILTINS, ...plain, ...keyFunctions(NO_KEYS) },
    compile: (source) => {
      const isGo = source.startsWith(GO_MARK);
      return isGo ? compileGo(go, source.slice(GO_MARK.length), plain) : compileOwn(own, source);
    },
  };
}

const NO_KEYS: KeyStore = { get: () => null, match: () => [], list: () => [], listDirectories: () => [] };
const NO_WORLD: World = { self: {}, services: [], containers: [], stacks: [], hosts: [], networks: [] };

type OwnFunctions = Readonly<Record<string, TemplateFunction>>;

/** The functions that read the metadata, without types. */
function lateFunctions(world: World, keys: KeyStore): OwnFunctions {
  return { ...untyped(keyFunctions(keys)), ...worldFunctions(world) };
}

function untyped(functions: GoFunctions): OwnFunctions {
  return Object.fromEntries(Object.entries(functions).map(([name, { run }]) => [name, run as TemplateFunction]));
}

function createOwn(plain: GoFunctions, { now }: EngineOptions): typeof Handlebars {
  const handlebars = Handlebars.create();
  const early = { ...untyped(BUILTINS), ...untyped(plain), ...handlebarsFunctions(now) };
  const register = (name: string, find: (options: HelperOptions) => TemplateFunction | undefined): void => {
    handlebars.registerHelper(name, (...given: unknown[]) => {
      const options = given.at(-1) as HelperOptions & { readonly loc: { readonly start: Location } };
      try {
        return (find(options) as (...values: unknown[]) => unknown)(...given.slice(0, -1));
      } catch (error) {
        throw error instanceof RenderError ? error : new RenderError(messageOf(error), options.loc.start);
      }
    });
  };
  for (const [name, call] of Object.entries(early)) register(name, () => call);
  for (const name of Object.keys(lateFunctions(NO_WORLD, NO_KEYS))) {
    register(name, ({ data }) => (data.functions as OwnFunctions)[name]);
  }
  return handlebars;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function compileOwn(handlebars: typeof Handlebars, source: string): Render {
  // `Handlebars.compile` parses at the first rendering; errors must show when the template is read.
  handlebars.parse(source);
  const template = handlebars.compile(source, { noEscape: true });
  return ({ world, keys }) => template(world, { data: { functions: lateFunctions(world, keys) } });
}

/** Drover's functions for services and containers take and give any value. */
function goFunctions(plain: GoFunctions, world: World, keys: KeyStore): GoFunctions {
  const ofWorld = Object.entries(worldFunctions(world)).map(
    ([name, run]) => [name, { parameters: [], more: 'any', run }] as const,
  );
  return { ...Object.fromEntries(ofWorld), ...BUILTINS, ...plain, ...keyFunctions(keys) };
}

function createGo(plain: GoFunctions): typeof Handlebars {
  const handlebars = Handlebars.create();
  const names = Object.keys(goFunctions(plain, NO_WORLD, NO_KEYS));
  addGoHelpers(handlebars, { names, functions: ({ functions }) => functions as GoFunctions });
  return handlebars;
}

function compileGo(handlebars: typeof Handlebars, source: string, plain: GoFunctions): Render {
  const options = { noEscape: true, ignoreStandalone: true };
  handlebars.parse(source, options);
  const template = handlebars.compile(source, options);
  return ({ world, keys }) => {
    try {
      // The dot of a Go template is nil at first.
      return template(undefined, { data: { functions: goFunctions(plain, world, keys) } });
    } catch (error) {
      if (!(error instanceof RenderError)) throw error;
      const { line, column } = error.at;
      throw new RenderError(error.message, { line: line + 1, column });
    }
  };
}
