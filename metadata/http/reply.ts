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

/** A value in the requested format. */
export function valueReply(value: Value, format: Format, options: ReplyOptions): Reply {
  const body = render(value, format, options.cache);
  const type = options.compatContentType ? sniffContentType(body) : contentTypeOf(format);
  return { status: 200, headers: { ...ANY_ORIGIN, ...(type === null ? {} : { 'Content-Type': type }) }, body };
}

/** An error in the requested format. */
export function errorReply(
  status: number,
  message: string,
  format: Format,
  { compatContentType }: ReplyOptions,
): Reply {
  const error = { code: status, message, type: 'error' };
  const body = format === 'text' ? message : render(error, format);
  const type = contentTypeOf(compatContentType ? 'text' : format);
  return { status, headers: { ...ANY_ORIGIN, 'Content-Type': type, ...NO_SNIFF }, body: `${body}\n` };
}

/** The reply of the original's HTTP library where there is no page. */
export const NO_PAGE: Reply = {
  status: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: '404 page not found\n',
};

/** The original's reply to a malformed request. It ends the connection. */
export function badRequestReply(detail = ''): Reply {
  const headers = { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' };
  return { status: 400, headers, body: `400 Bad Request${detail && `: ${detail}`}` };
}

/** A text reply outside the tree, such as 431. */
export function plainReply(status: number, body: string): Reply {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body };
}

export function redirectReply(location: string): Reply {
  return { status: 301, headers: { Location: location }, body: '' };
}

const ANY_ORIGIN = { 'Access-Control-Allow-Origin': '*' };
const NO_SNIFF = { 'X-Content-Type-Options': 'nosniff' };

function render(value: Value, format: Format, cache?: JsonCache): string {
  if (format === 'text') return renderText(value);
  return format === 'json' ? renderJson(value, cache) : renderYaml(value);
}
