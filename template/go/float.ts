interface Decimal {
  readonly negative: boolean;
  /** Digits without leading zeros; empty for 0. */
  readonly digits: string;
  /** Position of the decimal point in the digits. */
  readonly point: number;
}

/** A finite float64 as Go's strconv.FormatFloat writes it. `precision` -1: as many digits as needed. */
export function formatFloat(value: number, verb: 'e' | 'E' | 'f' | 'g' | 'G', precision: number): string {
  const lower = verb.toLowerCase() as 'e' | 'f' | 'g';
  const shortest = precision < 0;
  const exact = shortest ? shortestDigits(value) : exactDigits(value);
  const text = textOf(exact, lower, precision);
  const marked = verb === lower ? text : text.toUpperCase();
  return exact.negative ? `-${marked}` : marked;
}

function textOf(exact: Decimal, verb: 'e' | 'f' | 'g', precision: number): string {
  const shortest = precision < 0;
  if (verb === 'e') {
    const rounded = shortest ? exact : round(exact, precision + 1);
    return scientific(rounded, shortest ? Math.max(rounded.digits.length - 1, 0) : precision);
  }
  if (verb === 'f') {
    const rounded = shortest ? exact : round(exact, exact.point + precision);
    return plain(rounded, shortest ? Math.max(rounded.digits.length - rounded.point, 0) : precision);
  }
  const wanted = precision === 0 ? 1 : precision;
  const rounded = shortest ? exact : round(exact, wanted);
  const count = rounded.digits.length;
  const limit = shortest ? 6 : wanted > count && count >= rounded.point ? count : wanted;
  const exponent = rounded.point - 1;
  if (exponent < -4 || exponent >= limit)
    return scientific(rounded, Math.max((shortest ? count : Math.min(wanted, count)) - 1, 0));
  return plain(rounded, Math.max(count - rounded.point, 0));
}

function scientific({ digits, point }: Decimal, precision: number): string {
  const exponent = digits === '' ? 0 : point - 1;
  const all = digits.padEnd(precision + 1, '0');
  const fraction = precision > 0 ? `.${all.slice(1, precision + 1)}` : '';
  const size = String(Math.abs(exponent)).padStart(2, '0');
  return `${all[0] ?? '0'}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
}

function plain({ digits, point }: Decimal, precision: number): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const fraction = ('0'.repeat(Math.max(-point, 0)) + digits.slice(Math.max(point, 0))).padEnd(precision, '0');
  return precision > 0 ? `${whole}.${fraction.slice(0, precision)}` : whole;
}

function shortestDigits(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '').replace(/0+$/, '');
  return { negative: value < 0 || Object.is(value, -0), digits, point: digits === '' ? 0 : Number(exponent) + 1 };
}

/** All digits of the binary fraction. */
function exactDigits(value: number): Decimal {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, Math.abs(value));
  const raw = bits.getBigUint64(0);
  const exponent = Number(raw >> 52n);
  const mantissa = (raw & (2n ** 52n - 1n)) | (exponent === 0 ? 0n : 2n ** 52n);
  const power = (exponent === 0 ? 1 : exponent) - 1075;
  const scaled = power >= 0 ? mantissa * 2n ** BigInt(power) : mantissa * 5n ** BigInt(-power);
  const text = scaled === 0n ? '' : String(scaled);
  const point = text === '' ? 0 : text.length + (power < 0 ? power : 0);
  return { negative: value < 0 || Object.is(value, -0), digits: text.replace(/0+$/, ''), point };
}

/** Rounds to so many digits, half to even. */
function round(exact: Decimal, count: number): Decimal {
  const { digits, point } = exact;
  if (count >= digits.length) return exact;
  if (count < 0) return { ...exact, digits: '', point: 0 };
  const kept = digits.slice(0, count);
  const rest = digits.slice(count);
  const isHalf = /^50*$/.test(rest);
  const up = isHalf ? Number(kept.at(-1) ?? '0') % 2 === 1 : (rest[0] ?? '0') >= '5';
  if (!up) return trimmed({ ...exact, digits: kept });
  const next = String(BigInt(kept === '' ? '0' : kept) + 1n).padStart(count, '0');
  return trimmed({ ...exact, digits: next, point: point + next.length - count });
}

function trimmed(decimal: Decimal): Decimal {
  const digits = decimal.digits.replace(/0+$/, '');
  return { ...decimal, digits, point: digits === '' ? 0 : decimal.point };
}
