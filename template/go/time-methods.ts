import { DAYS, formatTime, localOf, MONTHS, timeText, yearDay } from './time.ts';
import { GoNumber, GoTime } from './values.ts';

interface Method {
  readonly parameters: readonly ('string' | 'int')[];
  readonly run: (time: GoTime, ...values: never[]) => unknown;
}

const whole = (run: (time: GoTime) => number): Method => ({ parameters: [], run });
const int64 = (run: (time: GoTime) => number): Method => ({
  parameters: [],
  run: (time) => new GoNumber('int64', run(time)),
});

/** The methods of time.Time that templates can call. */
export const TIME_METHODS: Readonly<Record<string, Method>> = {
  Format: { parameters: ['string'], run: (time, layout: string) => formatTime(time, layout) },
  String: { parameters: [], run: timeText },
  UTC: { parameters: [], run: ({ ms }) => new GoTime(ms, true) },
  Local: { parameters: [], run: ({ ms }) => new GoTime(ms, false) },
  Year: whole((time) => localOf(time).getUTCFullYear()),
  Month: { parameters: [], run: (time) => monthOf(localOf(time).getUTCMonth()) },
  Day: whole((time) => localOf(time).getUTCDate()),
  Weekday: { parameters: [], run: (time) => weekdayOf(localOf(time).getUTCDay()) },
  YearDay: whole((time) => yearDay(localOf(time))),
  Hour: whole((time) => localOf(time).getUTCHours()),
  Minute: whole((time) => localOf(time).getUTCMinutes()),
  Second: whole((time) => localOf(time).getUTCSeconds()),
  Nanosecond: whole((time) => localOf(time).getUTCMilliseconds() * 1_000_000),
  Unix: int64(({ ms }) => Math.floor(ms / 1_000)),
  UnixMilli: int64(({ ms }) => ms),
  AddDate: { parameters: ['int', 'int', 'int'], run: addDate },
};

function monthOf(month: number): GoNumber {
  return new GoNumber('time.Month', month + 1, MONTHS[month] ?? null);
}

function weekdayOf(day: number): GoNumber {
  return new GoNumber('time.Weekday', day, DAYS[day] ?? null);
}

/** Days beyond the end of a month go on in the next one, as in Go. */
function addDate(time: GoTime, years: number, months: number, days: number): GoTime {
  const date = new Date(time.ms);
  if (time.utc)
    date.setUTCFullYear(date.getUTCFullYear() + years, date.getUTCMonth() + months, date.getUTCDate() + days);
  else date.setFullYear(date.getFullYear() + years, date.getMonth() + months, date.getDate() + days);
  return new GoTime(date.getTime(), time.utc);
}
