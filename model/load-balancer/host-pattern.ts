import { canonicalAddress } from '../address/address.ts';
import { parseDnsName } from '../address/dns-name.ts';
import { ok, problem, type Result } from '../problem/result.ts';

/**
 * Lower case, without port and final dot. `suffix`: `*.foo.com` has the text `.foo.com`. `prefix`: `www.*` has the text `www.`. Letters, digits,
 * `-`, `_` and `.` only; an IPv6 address is `[fd00::1]`.
 */
export interface HostPattern {
  readonly kind: 'exact' | 'suffix' | 'prefix';
  readonly text: string;
}

/**
 * Parses `www.foo.com`, `*.foo.com` or `www.*`; as in Rancher, the star may also be part of a label (`*-test.foo.com`). Null: any host (empty, or `*`
 * alone). A port is dropped: the rule has one already. International names get their `xn--` form.
 */
export function parseHostPattern(text: string): Result<HostPattern | null> {
  const written = withoutPort(text.trim().toLowerCase());
  if (written === '' || written === '*') return ok(null);
  const bracketed = /^\[(.*)\]$/.exec(written)?.[1];
  if (bracketed !== undefined) {
    const address = bracketed.includes(':') ? canonicalAddress(bracketed) : null;
    return address === null ? refused(text) : ok({ kind: 'exact', text: `[${address}]` });
  }
  const [, first, name, last] = /^(\*?)([^*]*)(\*?)$/.exec(written) ?? [];
  if (name === undefined || (first && last)) {
    return problem(
      text,
      `is ${show(text)}: a star is only possible at one end`,
      'write it like *.example.com or www.*',
    );
  }
  const kind = first ? 'suffix' : last ? 'prefix' : 'exact';
  const plain = kind === 'prefix' ? name : name.replace(/\.$/, '');
  const ascii = asciiName(plain, kind);
  // The part that the star stands for must make a name of it.
  const example = { exact: ascii, suffix: `x${ascii}`, prefix: `${ascii}x` }[kind];
  return ascii !== null && ascii !== '' && parseDnsName(example ?? '').ok ? ok({ kind, text: ascii }) : refused(text);
}

/** `*.example.com` for the pattern of it. */
export function formatHostPattern({ kind, text }: HostPattern): string {
  return { exact: text, suffix: `*${text}`, prefix: `${text}*` }[kind];
}

function withoutPort(host: string): string {
  return host.replace(/^([^:]+|\[.*\]):\d{1,5}$/, '$1');
}

/** Null: it has no `xn--` form. A dot must separate an international name from the star. */
function asciiName(name: string, kind: HostPattern['kind']): string | null {
  if (!/[^ -~]/.test(name)) return name;
  const before = name.startsWith('.') ? '.' : '';
  const after = name.endsWith('.') ? '.' : '';
  const isApart = { exact: true, suffix: before !== '', prefix: after !== '' }[kind];
  const bare = name.slice(before.length, name.length - after.length);
  if (!isApart || /[^\p{L}\p{M}\p{N}._-]/u.test(bare) || !URL.canParse(`http://${bare}`)) return null;
  return before + new URL(`http://${bare}`).hostname + after;
}

function refused(text: string): Result<never> {
  const hint = 'write it like www.example.com, *.example.com or www.*, without scheme and path';
  return problem(text, `is ${show(text)}, not a host name`, hint);
}

const show = (text: string): string => JSON.stringify(text.slice(0, 80));
