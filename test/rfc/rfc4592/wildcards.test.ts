import { expect } from 'vitest';
import { addresses, expectNegative } from '../expectations.ts';
import { describeRfc } from '../suite.ts';
import { TYPE } from '../wire/codes.ts';
import { ZONE } from '../zone/zone.ts';

const wild = { role: 'authoritative', needs: ['wildcard'] } as const;
const closest = { ...wild, differs: { unbound: 'empty non-terminals do not stop its wildcards' } };

describeRfc('RFC 4592', (check) => {
  check('§2.1.1', 'an asterisk in a question is an ordinary character', { role: 'authoritative' }, async ({ ask }) => {
    for (const owner of [`*.shop.${ZONE}`, `*.${ZONE}`, `web*.shop.${ZONE}`, `x.*.shop.${ZONE}`]) {
      expectNegative(await ask(owner), 'NXDOMAIN');
    }
  });

  check(
    '§2.1.3',
    'a name without a match is NXDOMAIN; no name is synthesised',
    { role: 'authoritative' },
    async (on) => {
      for (const owner of [`anything.shop.${ZONE}`, `a.web.shop.${ZONE}`])
        expectNegative(await on.ask(owner), 'NXDOMAIN');
    },
  );

  check('§2.2.1', 'a wildcard matches names that do not exist', wild, async ({ ask }) => {
    for (const owner of [`any.wild.${ZONE}`, `two.labels.wild.${ZONE}`]) {
      const reply = await ask(owner);
      expect(addresses(reply)).toEqual(['10.42.9.9']);
      expect(reply.answers[0]?.owner).toBe(owner);
    }
  });

  check('§2.2.1', 'a wildcard does not match an existing name or an empty non-terminal', wild, async ({ ask }) => {
    expectNegative(await ask(`there.wild.${ZONE}`), 'NOERROR');
    expectNegative(await ask(`inner.wild.${ZONE}`), 'NOERROR');
  });

  check(
    '§3.3.1',
    'a wildcard does not match below an existing name between it and the question',
    closest,
    async ({ ask }) => {
      expectNegative(await ask(`other.inner.wild.${ZONE}`), 'NXDOMAIN');
    },
  );

  check('§2.2.1', 'other types of a matching name are NODATA', wild, async ({ ask }) => {
    expectNegative(await ask(`any.wild.${ZONE}`, { type: TYPE.AAAA }), 'NOERROR');
  });
});
