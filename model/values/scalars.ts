import { nearestWord } from '../collections/nearest.ts';
import { ok, problem, type Result } from '../problem/result.ts';

/** Values of labels and of manifests, where numbers and flags may be written with or without quotes. Messages begin with `is`. */

/** Trimmed; null for a list or a map. */
export function scalarText(given: unknown): string | null {
  if (typeof given === 'string') return given.trim();
  return ['number', 'bigint', 'boolean'].includes(typeof given) ? String(given) : null;
}

/** Also in the words of YAML 1.1, which Rancher reads. */
export function parseFlag(given: unknown): Result<boolean> {
  const text = scalarText(given) ?? '';
  if (/^(y|yes|on|true)$/i.test(text)) return ok(true);
  if (/^(n|no|off|false)$/i.test(text)) return ok(false);
  return problem('', `is ${showScalar(given)}, neither true nor false`, 'write true or false');
}

export function parseWhole(given: unknown, minimum: number, maximum: number): Result<number> {
  const text = scalarText(given) ?? '';
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= minimum && value <= maximum) return ok(value);
  return problem('', `is ${showScalar(given)}, not a whole number from ${minimum} to ${maximum}`, 'correct it');
}

/** One of these words, ignoring case. */
export function parseWord<const Word extends string>(given: unknown, words: readonly Word[]): Result<Word> {
  const text = (scalarText(given) ?? '').toLowerCase();
  const found = words.find((word) => word === text);
  if (found !== undefined) return ok(found);
  const nearest = text === '' ? null : nearestWord(text, words);
  const hint = nearest ? `did you mean ${nearest}?` : `use one of ${words.join(', ')}`;
  return problem('', `is ${showScalar(given)}, not one of ${words.join(', ')}`, hint);
}

const SIZE_UNITS = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 } as const;
const MAX_SIZE_BYTES = 1024 ** 4;

/** `10m` as Docker and nginx write it: bytes, or with k, m or g in powers of 1024. */
export function parseSizeBytes(given: unknown): Result<number> {
  const [, digits, unit = ''] = /^(\d{1,13})\s*([kmg]?)i?b?$/i.exec(scalarText(given) ?? '') ?? [];
  const sizeBytes = Number(digits) * SIZE_UNITS[unit.toLowerCase() as keyof typeof SIZE_UNITS];
  if (sizeBytes >= 1 && sizeBytes <= MAX_SIZE_BYTES) return ok(sizeBytes);
  return problem('', `is ${showScalar(given)}, not a size from 1 byte to 1024 GiB`, 'write it like 500k, 10m or 1g');
}

const TIME_UNITS = { '': 1, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const MAX_DURATION_MS = 7 * TIME_UNITS.d;

/** `30s`; a number alone is in milliseconds, as everywhere in manifests. */
export function parseDurationMs(given: unknown): Result<number> {
  const [, digits, unit = ''] = /^(\d{1,9})\s*(ms|[smhd]?)$/i.exec(scalarText(given) ?? '') ?? [];
  const ms = Number(digits) * TIME_UNITS[unit.toLowerCase() as keyof typeof TIME_UNITS];
  if (ms >= 1 && ms <= MAX_DURATION_MS) return ok(ms);
  return problem(
    '',
    `is ${showScalar(given)}, not a time from 1 ms to 7 days`,
    'write it like 30s, 5m, 1h, or in milliseconds',
  );
}

/** For messages: in quotes, shortened. */
export function showScalar(given: unknown): string {
  const text = scalarText(given);
  return text === null ? 'a list or a map' : JSON.stringify(text.slice(0, 80));
}
