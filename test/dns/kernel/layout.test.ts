import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { COMMON_BIT, EVERYBODY } from '../../../dns/hot/scopes.ts';
import {
  BODY_MAX,
  encodeAnswer,
  encodeControl,
  encodeKey,
  encodePort,
  MAPS,
  MAX_RECORDS,
  NAME_MAX,
} from '../../../dns/kernel/layout.ts';

const WEB = Buffer.from('\x03web\x04shop\x00', 'latin1');

test('the limits equal those of the program', async () => {
  const source = await readFile(new URL('../../../dns/kernel/answer.bpf.c', import.meta.url), 'utf8');
  const defined = (name: string) => Number(new RegExp(`#define ${name} (\\d+)`).exec(source)?.[1]);
  expect([defined('COMMON_BIT'), defined('EVERYBODY')]).toEqual([COMMON_BIT, EVERYBODY]);
  expect([defined('NAME_MAX'), defined('BODY_MAX'), defined('MAX_RECORDS')]).toEqual([NAME_MAX, BODY_MAX, MAX_RECORDS]);
});

test('encodeControl() writes address and port in network order', () => {
  const bytes = encodeControl({
    heartbeatNs: 5n,
    active: true,
    epoch: 2,
    address: '169.254.169.250',
    port: 53,
    serial: 7,
    guarded: true,
  });
  expect(bytes.toString('hex')).toBe(
    '0500000000000000' + '01000000' + '02000000' + 'a9fea9fa' + '00350000' + '00000007' + '01000000',
  );
});

test('encodePort() is device, address and MAC address', () => {
  const bytes = encodePort({ device: 258, ipv4: '10.42.1.9', mac: '02:42:0A:2a:01:09' });
  expect(bytes.toString('hex')).toBe('02010000' + '0a2a0109' + '02420a2a0109' + '0000');
});

describe('encodeKey()', () => {
  test('is epoch, scope, type and name, filled up with zeros', () => {
    const key = encodeKey({ epoch: 1, scope: 3, type: 28, name: WEB });
    expect(key?.length).toBe(MAPS.answers.keySize);
    expect(key?.toString('hex').replace(/0+$/, '')).toBe(
      `01000000030000001c000000${WEB.toString('hex').replace(/0+$/, '')}`,
    );
  });

  test('is null for a name that is too long for the kernel', () => {
    expect(encodeKey({ epoch: 1, scope: 3, type: 1, name: Buffer.alloc(NAME_MAX) })).not.toBeNull();
    expect(encodeKey({ epoch: 1, scope: 3, type: 1, name: Buffer.alloc(NAME_MAX + 1) })).toBeNull();
  });
});

describe('encodeAnswer()', () => {
  const answer = (type: number, count: number, size: number) =>
    encodeAnswer(type, { body: Buffer.alloc(size, 7), count, turn: 1, serialAt: 0 });

  test('takes complete records of the size of their type, up to the number that the program copies', () => {
    expect(answer(1, 1, 16)?.subarray(0, 12).toString('hex')).toBe('01000000' + '1000' + '0100' + '00000000');
    expect(answer(1, MAX_RECORDS, 16 * MAX_RECORDS)).not.toBeNull();
    expect(answer(28, MAX_RECORDS, 28 * MAX_RECORDS)).not.toBeNull();
    expect(answer(1, MAX_RECORDS + 1, 16 * (MAX_RECORDS + 1))).toBeNull();
    expect(answer(1, 2, 28)).toBeNull();
    expect(answer(28, 1, 16)).toBeNull();
  });

  test('takes a NODATA with an SOA that the program can copy, and no empty body', () => {
    expect(answer(1, 0, 192)).not.toBeNull();
    expect(answer(1, 0, 193)).toBeNull();
    expect(answer(1, 0, 0)).toBeNull();
  });
});
