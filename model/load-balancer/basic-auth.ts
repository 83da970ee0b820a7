import { ok, problem, type Result } from '../problem/result.ts';

const HASHES: readonly RegExp[] = [
  /^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/,
  /^\$5\$(?:rounds=\d{4,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}$/,
  /^\$6\$(?:rounds=\d{4,9}\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}$/,
];

const HOW = 'make it with `openssl passwd -6` and write name:hash; in a Compose file, write $$ for each $';

/** A list of `name:hash`, or a text with commas. Messages never have a value: it may be a password. */
export function parseBasicAuth(given: unknown): Result<readonly string[]> {
  if (given === '') return problem('', 'is empty', `${HOW}, or remove it`);
  const users = Array.isArray(given) ? given : typeof given === 'string' ? given.split(',') : [null];
  const texts = users.map((user: unknown) => (typeof user === 'string' ? user.trim() : ''));
  for (const [index, text] of texts.entries()) {
    const which = texts.length === 1 ? '' : `entry ${index + 1} `;
    const [, name, hash = ''] = /^([^:]*):(.*)$/s.exec(text) ?? [];
    if (name === undefined) return problem('', `${which}is not name:hash`, HOW);
    if (!/^[A-Za-z0-9._@-]{1,64}$/.test(name)) {
      return problem('', `${which}has a name that is not accepted`, 'use letters, digits, ., _, @ and - in the name');
    }
    if (!HASHES.some((form) => form.test(hash))) {
      return problem('', `${which}has no hash of crypt(3) ($2y$, $5$ or $6$); passwords are not accepted`, HOW);
    }
  }
  const names = texts.map((text) => text.split(':')[0]);
  if (new Set(names).size < names.length) return problem('', 'has a name twice', 'keep one entry for each name');
  return ok(texts);
}
