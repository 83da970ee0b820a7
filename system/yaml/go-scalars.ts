/**
 * The types of plain scalars by the rules of Go's YAML libraries, which Compose (`yaml.v3`: close to YAML 1.2, with the octals of 1.1)
 * and rancher-compose (`yaml.v2`: with `yes`, `on` and `off` of YAML 1.1) read files with.
 */
export type GoDialect = 'yaml.v2' | 'yaml.v3';

export type GoScalar = null | boolean | string | number | bigint;

const NULL = /^(?:|~|null|Null|NULL)$/;
const BOOLEAN = /^(?:(true|True|TRUE)|false|False|FALSE)$/;
const OLD_BOOLEAN = /^(?:(y|Y|yes|Yes|YES|on|On|ON)|n|N|no|No|NO|off|Off|OFF)$/;
const INTEGER = /^([-+]?)(?:0[xX]([\da-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/;
const FLOAT = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const SPECIAL = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;
const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\.(\d{1,9}))?(Z|[-+]\d{2}:\d{2})?)?$/;
const MOST = 2n ** 64n - 1n;
const LEAST = -(2n ** 63n);

/**
 * The value of a plain scalar. Integers beyond 2^53 are bigints; with `exact`, all their digits are kept beyond 64 bits too. A value
 * that JSON cannot hold (a date, `.inf`, a float in Go's own notation) is text: the text that Go prints, or with `exact` the source.
 */
export function goScalar(source: string, dialect: GoDialect, exact: boolean): GoScalar {
  if (NULL.test(source)) return null;
  const boolean = BOOLEAN.exec(source) ?? (dialect === 'yaml.v2' ? OLD_BOOLEAN.exec(source) : null);
  if (boolean) return boolean[1] !== undefined;
  if (SPECIAL.test(source)) return exact ? source : specialText(source);
  const plain = /^[-+\d]/.test(source) ? source.replaceAll('_', '') : source;
  const integer = goInteger(plain);
  if (integer !== null && (exact || (integer <= MOST && integer >= LEAST))) {
    return Number.isSafeInteger(Number(integer)) ? Number(integer) : integer;
  }
  if (FLOAT.test(plain)) {
    const float = Number(plain);
    if (!Number.isFinite(float)) return source;
    const text = floatText(float);
    // Plus 0, because -0 is 0 in JSON.
    return exact || text === String(float) ? float + 0 : text;
  }
  const date = dialect === 'yaml.v3' && !exact ? TIMESTAMP.exec(source) : null;
  return date ? (timestampText(date) ?? source) : source;
}

function goInteger(plain: string): bigint | null {
  const match = INTEGER.exec(plain);
  if (!match) return null;
  const [, sign, hex, binary, octal, decimal] = match;
  const digits = hex ? `0x${hex}` : binary ? `0b${binary}` : octal ? `0o${octal}` : (decimal ?? '0');
  const value = BigInt(digits);
  return sign === '-' ? -value : value;
}

/** As Go's `%v` prints it: with an exponent of at least two digits below 1e-4 and from 1e6. */
function floatText(float: number): string {
  if (float === 0) return Object.is(float, -0) ? '-0' : '0';
  const [mantissa = '', exponent = '0'] = float.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(float);
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function specialText(source: string): string {
  if (source.toLowerCase() === '.nan') return 'NaN';
  return source.startsWith('-') ? '-Inf' : '+Inf';
}

/** `2020-01-02 03:04:05.12 +0000 UTC`; null if there is no such day or time. */
function timestampText([, ...parts]: RegExpExecArray): string | null {
  const [year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = parts;
  const two = (text = '') => text.padStart(2, '0');
  const clock = `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
  const date = new Date(`${clock}Z`);
  if (Number.isNaN(date.getTime()) || !date.toISOString().startsWith(clock)) return null;
  const rest = fraction.replace(/0+$/, '');
  const offset = zone === 'Z' || zone === '+00:00' ? '+0000 UTC' : `${zone} ${zone}`.replaceAll(':', '');
  return `${clock.replace('T', ' ')}${rest ? `.${rest}` : ''} ${offset}`;
}
