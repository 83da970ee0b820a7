/** Whether a value is true in Go: not false, 0, nil or empty. */
export function truth(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (typeof value === 'object' && value !== null && !(value instanceof Date)) return Object.keys(value).length > 0;
  return Boolean(value);
}

/** A value as Go prints it. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return '<no value>';
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return `[${value.map(textOf).join(' ')}]`;
  if (typeof value === 'object') {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `map[${members.map(([key, member]) => `${key}:${textOf(member)}`).join(' ')}]`;
  }
  return String(value);
}

/** Go's Sprintf for the verbs that templates use: v s d q t x X f e g c %, with flags, width and precision. */
export function printf(format: string, values: readonly unknown[]): string {
  let next = 0;
  const text = format.replace(
    /%([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z%])/g,
    (_, flags: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      if (next >= values.length) return `%!${verb}(MISSING)`;
      const value = values[next];
      next += 1;
      return padded(
        formatted(verb, value, precision === undefined ? null : Number(precision), flags),
        flags,
        Number(width),
        verb,
      );
    },
  );
  if (next === values.length) return text;
  return `${text}%!(EXTRA ${values
    .slice(next)
    .map((value) => `${typeName(value)}=${textOf(value)}`)
    .join(', ')})`;
}

function formatted(verb: string, value: unknown, precision: number | null, flags: string): string {
  // A bigint keeps all its digits, as Go's int does.
  const whole = typeof value === 'bigint' ? value : null;
  const number = Number(value);
  switch (verb) {
    case 'v':
      return textOf(value);
    case 's':
      return precision === null ? textOf(value) : [...textOf(value)].slice(0, precision).join('');
    case 'q':
      return JSON.stringify(textOf(value));
    case 't':
      return String(value);
    case 'd':
      return `${flags.includes('+') && number >= 0 ? '+' : ''}${whole ?? Math.trunc(number)}`;
    case 'x':
    case 'X': {
      const hex =
        typeof value === 'string' ? Buffer.from(value).toString('hex') : (whole ?? Math.trunc(number)).toString(16);
      return verb === 'X' ? hex.toUpperCase() : hex;
    }
    case 'f':
      return number.toFixed(precision ?? 6);
    case 'e':
      return number.toExponential(precision ?? 6).replace(/e([+-])(\d)$/, 'e$10$2');
    case 'g':
      return String(number);
    case 'c':
      return String.fromCodePoint(number);
    default:
      throw new Error(`printf: unknown verb %${verb}`);
  }
}

function padded(text: string, flags: string, width: number, verb: string): string {
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || !'dxXfeg'.includes(verb)) return text.padStart(width);
  const [, sign = '', digits = text] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  return sign + digits.padStart(width - sign.length, '0');
}

function typeName(value: unknown): string {
  if (typeof value === 'bigint') return 'int';
  return typeof value === 'number'
    ? Number.isInteger(value)
      ? 'int'
      : 'float64'
    : typeof value === 'boolean'
      ? 'bool'
      : 'string';
}
