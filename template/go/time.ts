import { GoError, type GoTime } from './values.ts';
import { zoneAbbreviation } from './zone-file.ts';

export const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);
export const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** The parts of Go's reference time, `Mon Jan 2 15:04:05 MST 2006`; longer ones first. */
const PARTS =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|__2|_2(?!006)|_(?=2006)|002|0[1-6]|15|[1-5]|PM|pm|[-Z]07(?:0000|:00:00|00|:00)?|[.,](?:0+|9+)(?!\d)/g;

/** The time as Go prints it. */
export function timeText(time: GoTime): string {
  return formatTime(time, '2006-01-02 15:04:05.999999999 -0700 MST');
}

/** Go's Time.Format. */
export function formatTime(time: GoTime, layout: string): string {
  const local = localOf(time);
  return layout.replace(PARTS, (part) => partOf(part, local, time));
}

/** The calendar of the time's zone, in the UTC fields of a Date. */
export function localOf({ ms, utc }: GoTime): Date {
  return utc ? new Date(ms) : new Date(ms - new Date(ms).getTimezoneOffset() * 60_000);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

function partOf(part: string, local: Date, time: GoTime): string {
  const month = local.getUTCMonth();
  const day = local.getUTCDate();
  const hour = local.getUTCHours();
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  if (/^[-Z]07/.test(part)) return offsetText(part, time);
  if (/^[.,]/.test(part)) return fractionText(part, local.getUTCMilliseconds());
  const parts: Readonly<Record<string, () => string>> = {
    January: () => MONTHS[month] ?? '',
    Jan: () => (MONTHS[month] ?? '').slice(0, 3),
    Monday: () => DAYS[local.getUTCDay()] ?? '',
    Mon: () => (DAYS[local.getUTCDay()] ?? '').slice(0, 3),
    MST: () => zoneName(time),
    2006: () => String(local.getUTCFullYear()).padStart(4, '0'),
    __2: () => String(yearDay(local)).padStart(3),
    '002': () => String(yearDay(local)).padStart(3, '0'),
    _2: () => String(day).padStart(2),
    '01': () => two(month + 1),
    '02': () => two(day),
    '03': () => two(hour12),
    '04': () => two(local.getUTCMinutes()),
    '05': () => two(local.getUTCSeconds()),
    '06': () => two(local.getUTCFullYear() % 100),
    15: () => two(hour),
    1: () => String(month + 1),
    2: () => String(day),
    3: () => String(hour12),
    4: () => String(local.getUTCMinutes()),
    5: () => String(local.getUTCSeconds()),
    PM: () => (hour >= 12 ? 'PM' : 'AM'),
    pm: () => (hour >= 12 ? 'pm' : 'am'),
  };
  return parts[part]?.() ?? part;
}

/** The day of the year, from 1. */
export function yearDay(local: Date): number {
  return Math.round(
    (Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()) -
      Date.UTC(local.getUTCFullYear(), 0, 0)) /
      86_400_000,
  );
}

function offsetMinutes({ ms, utc }: GoTime): number {
  return utc ? 0 : -new Date(ms).getTimezoneOffset();
}

function offsetText(part: string, time: GoTime): string {
  const minutes = offsetMinutes(time);
  if (part.startsWith('Z') && minutes === 0) return 'Z';
  const sign = minutes < 0 ? '-' : '+';
  const hours = two(Math.floor(Math.abs(minutes) / 60));
  const rest = two(Math.abs(minutes) % 60);
  switch (part.slice(3)) {
    case '':
      return sign + hours;
    case '00':
      return sign + hours + rest;
    case ':00':
      return `${sign}${hours}:${rest}`;
    case '0000':
      return `${sign}${hours}${rest}00`;
    default:
      return `${sign}${hours}:${rest}:00`;
  }
}

function fractionText(part: string, milliseconds: number): string {
  const digits = String(milliseconds)
    .padStart(3, '0')
    .padEnd(9, '0')
    .slice(0, part.length - 1)
    .padEnd(part.length - 1, '0');
  if (part.includes('0')) return part[0] + digits;
  const short = digits.replace(/0+$/, '');
  return short === '' ? '' : part[0] + short;
}

/** The name of this process's time zone comes from Node, which does not read the machine's files. */
function zoneName(time: GoTime): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  if (time.utc || timeZone === 'UTC') return 'UTC';
  const name = zoneAbbreviation(timeZone, time.ms, offsetMinutes(time));
  if (name !== null) return name;
  throw new GoError(
    `the abbreviation of the time zone ${timeZone} is not known; install tzdata, or use -0700 in the layout`,
  );
}
