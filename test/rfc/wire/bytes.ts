/** Big-endian, one octet. */
export function u8(...values: readonly number[]): Buffer {
  return Buffer.from(values);
}

/** Big-endian, two octets each. */
export function u16(...values: readonly number[]): Buffer {
  return Buffer.from(values.flatMap((value) => [(value >>> 8) & 0xff, value & 0xff]));
}

/** Big-endian, four octets. */
export function u32(value: number): Buffer {
  return Buffer.from([value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]);
}

/** `10.42.1.1` as four octets. */
export function ipv4(text: string): Buffer {
  return Buffer.from(text.split('.').map(Number));
}

/** `2001:db8::1` as sixteen octets. */
export function ipv6(text: string): Buffer {
  const [head = '', tail] = text.split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const gap = tail === undefined ? 0 : 8 - before.length - after.length;
  return u16(...before, ...new Array<number>(gap).fill(0), ...after);
}
