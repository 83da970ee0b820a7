import { isIP } from 'node:net';
import { z } from 'zod';
import { parseAddress, parseCidr, parseDnsName, parseUpstream, type Result } from '../../model/index.ts';

/** A text with one canonical form, checked by its parser. The operator reads the parser's problem. */
function parsed(parse: (text: string) => Result<string>) {
  return z.string().transform((text, context) => {
    const result = parse(text);
    if (result.ok) return result.value;
    const { what, hint } = result.problem;
    context.addIssue({ code: 'custom', message: `(${JSON.stringify(text)}) ${what}`, params: { hint } });
    return z.NEVER;
  });
}

/** A refinement's error with its hint. */
export function custom(what: string, hint: string) {
  return { error: what, params: { hint } };
}

const canonical = <T extends { readonly text: string }>(result: Result<T>): Result<string> =>
  result.ok ? { ok: true, value: result.value.text } : result;
export const address = () => parsed((text) => canonical(parseAddress(text)));
export const cidr = () => parsed((text) => canonical(parseCidr(text)));
export const dnsName = () => parsed(parseDnsName);
export const port = () => z.int().min(1).max(65535);
export const path = () =>
  z.string().refine((text) => text.startsWith('/'), custom('is not an absolute path', 'begin it with /'));
export const optionalPath = () => path().nullable().default(null);
export const deviceName = () =>
  z.string().regex(/^[A-Za-z][\w.-]{0,14}$/, { error: 'is not a device name (1 to 15 letters, digits, _ . -)' });
export const plainName = () =>
  z.string().regex(/^[A-Za-z0-9][\w.-]{0,62}$/, { error: 'is not a name (letters, digits, _ . -, at most 63)' });
export const text = () => z.string().min(1);
/** `address` or `address:port`, IPv6 with a port in brackets. */
export const upstream = () =>
  z
    .string()
    .refine(
      (value) => parseUpstream(value) !== null,
      custom('is not an address with an optional port', 'write it like 10.0.0.2, 10.0.0.2:5353 or [fd00::2]:53'),
    );
/** Upstreams as a list, or as a text separated by spaces where only text is possible (environment variables). */
export const upstreamList = () =>
  z.preprocess(
    (value) => (typeof value === 'string' ? value.split(' ').filter((item) => item !== '') : value),
    z.array(upstream()),
  );
export const labels = () =>
  z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean()]).transform((value) => String(value)),
  );
/** `address:port`, IPv6 in brackets. */
export const listen = () =>
  z
    .string()
    .refine(
      (value) => /:\d+$/.test(value) && isIP(value) === 0 && parseUpstream(value) !== null,
      custom('is not an address with a port', 'write it like 127.0.0.1:9100 or [::1]:9100'),
    );
