import { type JsonCache, renderJson } from '../render/render-json.ts';
import { renderText } from '../render/render-text.ts';
import { renderYaml } from '../render/render-yaml.ts';
import type { Value } from '../value/value.ts';
import { contentTypeOf, sniffContentType } from './content-type.ts';
import type { Format } from './negotiate.ts';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ReplyOptions {
  readonly compatContentType: boolean;
  readonly cache: JsonCache;
}

/** A value in the format asked for. */
export function valueReply(value: Value, format: Format, options: ReplyOptions): Reply {
  const body = render(value, format, options.cache);
  const type = options.compatContentType ? sniffContentType(body) : contentTypeOf(format);
  return { status: 200, headers: { ...ANYBODY, ...(type === null ? {} : { 'Content-Type': type }) }, body };
}

/** An error in the format asked for. */
export function errorReply(
  status: number,
  message: string,
  format: Format,
  { compatContentType }: ReplyOptions,
): Reply {
  const error = { code: status, message, type: 'error' };
  const body = format === 'text' ? message : render(error, format);
  const type = contentTypeOf(compatContentType ? 'text' : format);
  return { status, headers: { ...ANYBODY, 'Content-Type': type, ...NO_SNIFF }, body: `${body}\n` };
}

/** What the original's HTTP library says where no page is. */
export const NO_PAGE: Reply = {
  status: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: '404 page not found\n',
};

/** The HTTP library's reply to what is no request; the connection ends with it. */
export function badRequestReply(detail = ''): Reply {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' };
  return { status: 400, headers, body: `400 Bad Request${detail && `: ${detail}`}` };
}

/** A reply before any of our pages. */
export function plainReply(status: number, body: string): Reply {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

export function redirectReply(location: string): Reply {
  return { status: 301, headers: { Location: location }, body: '' };
}

const ANYBODY = { 'Access-Control-Allow-Origin': '*' };
const NO_SNIFF = { 'X-Content-Type-Options': 'nosniff' };

function render(value: Value, format: Format, cache?: JsonCache): string {
  if (format === 'text') return renderText(value);
  return format === 'json' ? renderJson(value, cache) : renderYaml(value);
}
