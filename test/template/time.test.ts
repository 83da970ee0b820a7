import { afterEach, expect, test } from 'vitest';
import { formatTime } from '../../template/go/time.ts';
import { GoTime } from '../../template/go/values.ts';
import { zoneAbbreviation } from '../../template/go/zone-file.ts';

const { TZ } = process.env;
afterEach(() => {
  process.env.TZ = TZ ?? 'UTC';
});

/** As Go prints them. */
const cases: readonly (readonly [string, number, string])[] = [
  ['UTC', 1772719629123, '2026-03-05 14:07:09.123 +0000 Z +00 UTC Thu Mar  5 2PM 064'],
  ['America/New_York', 1772719629123, '2026-03-05 09:07:09.123 -0500 -05:00 -05 EST Thu Mar  5 9AM 064'],
  ['America/New_York', 1782719629123, '2026-06-29 03:53:49.123 -0400 -04:00 -04 EDT Mon Jun 29 3AM 180'],
  ['Europe/Berlin', 1711846800000, '2024-03-31 03:00:00.000 +0200 +02:00 +02 CEST Sun Mar 31 3AM 091'],
  ['Asia/Kolkata', 1772719629123, '2026-03-05 19:37:09.123 +0530 +05:30 +05 IST Thu Mar  5 7PM 064'],
  // Languages have names for these zones that the zones' files do not have.
  ['America/Adak', 1772719629123, '2026-03-05 04:07:09.123 -1000 -10:00 -10 HST Thu Mar  5 4AM 064'],
  ['America/Adak', 1782719629123, '2026-06-28 22:53:49.123 -0900 -09:00 -09 HDT Sun Jun 28 10PM 179'],
  ['America/Sao_Paulo', 1772719629123, '2026-03-05 11:07:09.123 -0300 -03:00 -03 -03 Thu Mar  5 11AM 064'],
  ['Asia/Dubai', 1772719629123, '2026-03-05 18:07:09.123 +0400 +04:00 +04 +04 Thu Mar  5 6PM 064'],
  ['Asia/Tokyo', 1772719629123, '2026-03-05 23:07:09.123 +0900 +09:00 +09 JST Thu Mar  5 11PM 064'],
];
test.each(cases)('%s %d', (zone, ms, expected) => {
  process.env.TZ = zone;
  const layout = '2006-01-02 15:04:05.000 -0700 Z07:00 -07 MST Mon Jan _2 3PM 002';
  expect(formatTime(new GoTime(ms, false), layout)).toBe(expected);
});

test('a time in UTC has that name in every zone', () => {
  process.env.TZ = 'America/Sao_Paulo';
  expect(formatTime(new GoTime(1772719629123, true), '15:04 MST')).toBe('14:07 UTC');
});

test('an abbreviation is not guessed: the zone has a file, and the file has the offset', () => {
  const [ms, hour] = [1772719629123, 60];
  expect(zoneAbbreviation('Europe/Berlin', ms, hour)).toBe('CET');
  expect(zoneAbbreviation('Europe/Berlin', ms, 5 * hour)).toBeNull();
  expect(zoneAbbreviation('Nowhere/City', ms, hour)).toBeNull();
  expect(zoneAbbreviation('Etc/GMT-1', ms, hour)).toBe('+01');
  expect(zoneAbbreviation('America/Anchorage', Date.UTC(1983, 10, 10), -9 * hour)).toBe('YST');
  expect(zoneAbbreviation('America/Anchorage', ms, -9 * hour)).toBe('AKST');
});
