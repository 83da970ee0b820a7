import Handlebars from 'handlebars';
import { textOf } from './format.ts';
import { memberOf } from './member.ts';
import { callFunction, type GoFunctions } from './signature.ts';
import { GoError, GoNumber, type GoValue, intOf, itemsOf, truth } from './values.ts';

/** Where a call begins in the Handlebars template, from line 1 and column 0. */
export interface Location {
  readonly line: number;
  readonly column: number;
}

/** A template that cannot be rendered. */
export class RenderError extends Error {
  readonly at: Location;
  constructor(message: string, at: Location) {
    super(message);
    this.at = at;
  }
}

/** A call that failed. It is passed on as a value, because `and` and `or` may not look at it. */
class Failure {
  readonly error: RenderError;
  constructor(error: RenderError) {
    this.error = error;
  }
}

type Run = (context: unknown, options: { readonly data: Frame }) => string;

/** The variables of a block. Handlebars reads `@x` from it; names are those of the template. */
interface Frame {
  [variable: string]: unknown;
  _parent?: Frame;
  /** The variables that this block sets. */
  declared?: Set<string>;
  /** The dot. Handlebars has no way to pass a dot that is missing. */
  dot?: GoValue;
  /** The loop around the block. */
  loop?: { left: 'break' | 'continue' | null } | undefined;
  templates?: Map<string, Run> | undefined;
  depth?: number;
}

interface Options {
  readonly data: Frame;
  readonly hash: Readonly<Record<string, string | undefined>>;
  readonly loc: { readonly start: Location };
  readonly fn: Run;
  readonly inverse: Run;
}

/** `functions` gives the functions by the frame: those that read the metadata belong to one rendering. */
export interface HelperSource {
  readonly names: readonly string[];
  functions(frame: Readonly<Record<string, unknown>>): GoFunctions;
}

/** Adds the blocks and functions of converted Go templates to Handlebars. They have Go's types. */
export function addGoHelpers(handlebars: typeof Handlebars, { names, functions }: HelperSource): void {
  for (const name of names) {
    addValue(handlebars, name, (values, { data }) => {
      const call = functions(data)[name];
      if (!call) throw new GoError(`there is no function ${name}`);
      return callFunction(name, call, values);
    });
  }
  addValue(handlebars, 'member', ([value, path, ...values]) => memberOf(value, String(path).split('.'), values));
  addValue(handlebars, 'value', ([value]) => value);
  addValue(handlebars, 'float', ([text]) => new GoNumber('float64', Number(text)));
  addValue(handlebars, 'int', ([text]) => intOf(BigInt(String(text))));
  addValue(handlebars, 'unescape', ([text]) => decodeURIComponent(String(text)));
  addValue(handlebars, 'fail', ([what]) => {
    throw new GoError(String(what));
  });
  addStatements(handlebars);
  addBlocks(handlebars);
  addTemplates(handlebars);
}

/** `and` and `or` stop at the first value that decides. */
function upToDecision(values: readonly GoValue[], name: 'and' | 'or'): readonly GoValue[] {
  const at = values.findIndex((value) => value instanceof Failure || truth(value) === (name === 'or'));
  return at < 0 ? values : values.slice(0, at + 1);
}

/** A helper that gives a value. If it or an argument fails, it gives the Failure. */
function addValue(
  handlebars: typeof Handlebars,
  name: string,
  run: (values: readonly GoValue[], options: Options) => GoValue,
): void {
  handlebars.registerHelper(name, (...given: unknown[]) => {
    const options = given.at(-1) as Options;
    const all = given.slice(0, -1);
    const values = name === 'and' || name === 'or' ? upToDecision(all, name) : all;
    const failure = values.find((value) => value instanceof Failure);
    if (failure) return failure;
    try {
      // A nil that comes out of a call is a missing value.
      return run(values, options) ?? undefined;
    } catch (error) {
      if (!(error instanceof GoError)) throw error;
      return new Failure(new RenderError(error.message, options.loc.start));
    }
  });
}

/** A helper that uses values: it throws the RenderError of a Failure. */
function addUse(
  handlebars: typeof Handlebars,
  name: string,
  run: (values: readonly GoValue[], options: Options) => string,
): void {
  handlebars.registerHelper(name, (...given: unknown[]) => {
    const options = given.at(-1) as Options;
    const values = given.slice(0, -1);
    for (const value of values) if (value instanceof Failure) throw value.error;
    try {
      return run(values, options);
    } catch (error) {
      if (error instanceof GoError) throw new RenderError(error.message, options.loc.start);
      throw error;
    }
  });
}

function addStatements(handlebars: typeof Handlebars): void {
  addUse(handlebars, 'show', ([value]) => textOf(value));
  addUse(handlebars, 'let', ([name, value], { data }) => {
    declare(data, String(name), value ?? undefined);
    return '';
  });
  addUse(handlebars, 'set', ([name, value], { data }) => {
    assign(data, String(name), value ?? undefined);
    return '';
  });
  for (const left of ['break', 'continue'] as const) {
    addUse(handlebars, left, (_, { data }) => {
      if (data.loop) data.loop.left = left;
      return '';
    });
  }
}

function addBlocks(handlebars: typeof Handlebars): void {
  // What follows a `break` or `continue` in its block.
  addUse(handlebars, 'unlessLeft', (_, { data, fn }) => (data.loop?.left ? '' : fn(data.dot, { data })));
  addUse(handlebars, 'if', ([value], options) => {
    const data = inner(options, value);
    return (truth(value) ? options.fn : options.inverse)(data.dot, { data });
  });
  addUse(handlebars, 'with', ([value], options) => {
    const data = inner(options, value);
    if (!truth(value)) return options.inverse(data.dot, { data });
    return options.fn(value, { data: { ...data, dot: value } });
  });
  addUse(handlebars, 'range', ([value], options) => range(value ?? undefined, options));
}

function range(value: GoValue, { data, hash, fn, inverse }: Options): string {
  const { index, element } = hash;
  const items = itemsOf(value);
  const declared = [index, element].filter((name) => name !== undefined);
  const frame = (loop: Frame['loop'], dot: GoValue, at: GoValue, item: GoValue): Frame => {
    const inside: Frame = { ...child(data), loop, dot, declared: new Set(declared) };
    if (index !== undefined) inside[index] = at;
    if (element !== undefined) inside[element] = item;
    return inside;
  };
  if (items.length === 0) return inverse(data.dot, { data: frame(data.loop, data.dot, value, value) });
  let text = '';
  for (const [at, item] of items) {
    const loop: Frame['loop'] = { left: null };
    text += fn(item, { data: frame(loop, item, at, item) });
    if (loop.left === 'break') break;
  }
  return text;
}

const MAX_DEPTH = 500;

function addTemplates(handlebars: typeof Handlebars): void {
  addUse(handlebars, 'define', ([name], { data, fn }) => {
    data.templates = new Map(data.templates).set(String(name), fn);
    return '';
  });
  addUse(handlebars, 'template', ([name, value], { data }) => {
    const run = data.templates?.get(String(name));
    if (!run) throw new GoError(`there is no template ${String(name)}`);
    const depth = (data.depth ?? 0) + 1;
    if (depth > MAX_DEPTH) throw new GoError(`templates call each other more than ${MAX_DEPTH} times`);
    const dot = value ?? undefined;
    const { functions, templates } = data;
    return run(dot, { data: { root: dot, dot, functions, templates, depth, declared: new Set() } });
  });
}

/** The frame of a block, in which its condition may set a variable. */
function inner({ data, hash }: Options, value: GoValue): Frame {
  const inside = child(data);
  if (hash.let !== undefined) declare(inside, hash.let, value ?? undefined);
  if (hash.set !== undefined) assign(inside, hash.set, value ?? undefined);
  return inside;
}

function child(data: Frame): Frame {
  return { ...(Handlebars.createFrame(data) as Frame), declared: new Set() };
}

function declare(data: Frame, name: string, value: GoValue): void {
  data[name] = value;
  data.declared ??= new Set();
  data.declared.add(name);
}

/** Frames are copies, so the value changes in each one up to the block of the variable. */
function assign(data: Frame, name: string, value: GoValue): void {
  for (let frame: Frame | undefined = data; frame; frame = frame._parent) {
    frame[name] = value;
    if (frame.declared?.has(name)) return;
  }
}
