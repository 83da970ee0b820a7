import { expect, test } from 'vitest';
import { agreeOnRanges, forgetRanges } from '../../../overlay/index.ts';
import { createMemoryDocuments } from '../../support/memory-documents.ts';

const FIRST = { ranges: ['10.42.0.0/16'], prefixLength: 24 };
const MORE = { ranges: ['10.42.0.0/16', '10.43.0.0/16'], prefixLength: 24 };

test('the first host writes its ranges; the others use them and report different configurations', async () => {
  const { documents } = createMemoryDocuments();
  expect(await agreeOnRanges(documents, FIRST)).toEqual({ ...FIRST, problem: null });
  expect(await agreeOnRanges(documents, FIRST)).toEqual({ ...FIRST, problem: null });
  const other = { ranges: ['10.50.0.0/16'], prefixLength: 24 };
  expect(await agreeOnRanges(documents, other)).toMatchObject({
    ...FIRST,
    problem: { what: expect.stringContaining('10.50.0.0/16') },
  });
  const finer = { ...FIRST, prefixLength: 26 };
  expect(await agreeOnRanges(documents, finer)).toMatchObject({
    ...FIRST,
    problem: { what: expect.stringContaining('/26') },
  });
});

test('the first host with a further range adds it at the end; hosts without it use it and report nothing', async () => {
  const { documents } = createMemoryDocuments();
  await agreeOnRanges(documents, FIRST);
  expect(await agreeOnRanges(documents, MORE)).toEqual({ ...MORE, problem: null });
  expect(await agreeOnRanges(documents, FIRST)).toEqual({ ...MORE, problem: null });
});

test('a hundred hosts that start together with two configurations agree on one of them', async () => {
  const { documents } = createMemoryDocuments(() => new Promise((resolve) => setImmediate(resolve)));
  const opinions = [FIRST, { ranges: ['10.50.0.0/16'], prefixLength: 24 }];
  const hosts = Array.from({ length: 100 }, (_, index) => agreeOnRanges(documents, opinions[index % 2] ?? FIRST));
  const agreed = await Promise.all(hosts);
  expect(new Set(agreed.map(({ ranges }) => ranges.join())).size).toBe(1);
  expect(agreed.filter(({ problem }) => problem !== null)).toHaveLength(50);
});

test('an invalid document is overwritten', async () => {
  const { documents, stored } = createMemoryDocuments();
  for (const rubbish of [null, 'x', [], {}, { ranges: [], prefixLength: 24 }, { ranges: [1], prefixLength: 24 }]) {
    await documents.put('network/ranges', rubbish);
    expect(await agreeOnRanges(documents, FIRST)).toEqual({ ...FIRST, problem: null });
  }
  expect(stored.get('network/ranges')?.value).toEqual(FIRST);
});

test('other ranges can be chosen when no host has a subnet', async () => {
  const { documents } = createMemoryDocuments();
  const other = { ranges: ['10.50.0.0/16'], prefixLength: 22 };
  await agreeOnRanges(documents, FIRST);
  await documents.put('subnet/10.42.1.0_24', { hostId: 'a', claimedAtMs: 1 });
  await forgetRanges(documents);
  expect(await agreeOnRanges(documents, other)).toMatchObject(FIRST);
  await documents.delete('subnet/10.42.1.0_24');
  await forgetRanges(documents);
  expect(await agreeOnRanges(documents, other)).toEqual({ ...other, problem: null });
});
