import { bigOf, compareText, GoError, type GoValue, KeyValue, type Kind, kindOf, numberOf } from './values.ts';

/** Go's `eq`. Throws GoError when the types cannot be compared. */
export function equal(first: GoValue, ...others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new GoError('eq needs a second value');
  return others.some((other) => equalTwo(first, other));
}

const NUMBERS: readonly Kind[] = ['int', 'uint'];
const BASIC: readonly Kind[] = ['bool', 'string', 'int', 'uint', 'float'];

function equalTwo(a: GoValue, b: GoValue): boolean {
  const [kind, other] = [kindOf(a), kindOf(b)];
  if (NUMBERS.includes(kind) && NUMBERS.includes(other)) return bigOf(a) === bigOf(b);
  if (kind === 'nil' || other === 'nil') return kind === other;
  if (BASIC.includes(kind) || BASIC.includes(other)) {
    if (kind !== other) throw new GoError(`a ${kind} and a ${other} cannot be compared`);
    return kind === 'float' ? numberOf(a) === numberOf(b) : a === b;
  }
  if (kind !== other) throw new GoError(`a ${kind} and a ${other} cannot be compared`);
  if (a instanceof KeyValue && b instanceof KeyValue) return a.Key === b.Key && a.Value === b.Value;
  throw new GoError(`values of the kind ${kind} cannot be compared`);
}

/** Go's `lt`. Throws GoError when the types have no order. */
export function less(a: GoValue, b: GoValue): boolean {
  const [kind, other] = [kindOf(a), kindOf(b)];
  if (NUMBERS.includes(kind) && NUMBERS.includes(other)) return bigOf(a) < bigOf(b);
  if (kind !== other) throw new GoError(`a ${kind} and a ${other} cannot be compared`);
  if (kind === 'float') return numberOf(a) < numberOf(b);
  if (kind === 'string') return compareText(a as string, b as string) < 0;
  throw new GoError(`values of the kind ${kind} have no order`);
}
