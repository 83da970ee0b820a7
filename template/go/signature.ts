import { GoError, type GoValue, listOf, typeName } from './values.ts';

/** The type of a parameter. `value` takes everything, also a missing value. */
export type ParameterType = 'string' | 'int' | 'any' | 'value' | '[]string' | '[]memkv.KVPair';

/** A function that Go templates can call. */
export interface GoFunction {
  readonly parameters: readonly ParameterType[];
  /** The type of any number of further arguments. */
  readonly more?: ParameterType;
  /** Throws GoError. */
  readonly run: (...values: never[]) => unknown;
}

export type GoFunctions = Readonly<Record<string, GoFunction>>;

/** Calls a function with checked arguments. Throws GoError where Go's template fails. */
export function callFunction(name: string, { parameters, more, run }: GoFunction, values: readonly GoValue[]): unknown {
  if (values.length < parameters.length || (values.length > parameters.length && more === undefined)) {
    const least = more === undefined ? '' : 'at least ';
    throw new GoError(`${name} needs ${least}${parameters.length} arguments and has ${values.length}`);
  }
  const checked = values.map((value, at) => argumentOf(name, parameters[at] ?? more ?? 'value', value));
  return (run as (...given: unknown[]) => unknown)(...checked);
}

/** The type of an argument by its position. */
export function parameterAt({ parameters, more }: GoFunction, at: number): ParameterType | undefined {
  return parameters[at] ?? more;
}

function argumentOf(name: string, type: ParameterType, value: GoValue): GoValue {
  if (type === 'any' || type === 'value') return value;
  if (value === null || value === undefined) {
    if (type === '[]string' || type === '[]memkv.KVPair') return listOf(type, []);
    throw new GoError(`${name} needs a ${type} and has no value`);
  }
  const given = typeName(value);
  const fits = given === type || (type === '[]memkv.KVPair' && given === 'memkv.KVPairs');
  if (!fits) throw new GoError(`${name} needs a ${type} and has a ${given}`);
  return value;
}
