import { callFunction } from './signature.ts';
import { TIME_METHODS } from './time-methods.ts';
import { GoError, GoNumber, GoTime, type GoValue, KeyValue, kindOf, typeName } from './values.ts';

/** `.a.b`: members of maps and structs, and methods. Only the last one gets the arguments. Throws GoError. */
export function memberOf(value: GoValue, path: readonly string[], values: readonly GoValue[]): GoValue {
  return path.reduce((at, name, position) => step(at, name, position === path.length - 1 ? values : []), value);
}

function step(value: GoValue, name: string, values: readonly GoValue[]): GoValue {
  // A missing value has only missing members; nil has none [text/template, evalField].
  if (value === undefined) return undefined;
  if (value === null) throw new GoError(`nil has no member ${name}`);
  if (value instanceof GoTime) return callMethod(value, name, values);
  if (typeName(value) === 'memkv.KVPairs' && name === 'Len') return (value as readonly GoValue[]).length;
  if (value instanceof GoNumber && name === 'String' && value.name !== null) return value.name;
  const isField = value instanceof KeyValue && (name === 'Key' || name === 'Value');
  if (!isField && kindOf(value) !== 'map') throw new GoError(`a ${typeName(value)} has no member ${name}`);
  if (values.length > 0) throw new GoError(`${name} is not a method, but has arguments`);
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, GoValue>>)[name] : undefined;
}

function callMethod(time: GoTime, name: string, values: readonly GoValue[]): GoValue {
  const method = Object.hasOwn(TIME_METHODS, name) ? TIME_METHODS[name] : undefined;
  if (!method) throw new GoError(`the method ${name} of a time is not supported`);
  const { parameters, run } = method;
  return callFunction(name, { parameters, run: (...rest: never[]) => run(time, ...rest) }, values);
}
