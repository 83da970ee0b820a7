import { expect, test } from 'vitest';
import { consulSchema } from '../../../../bus/consul/wire/schema.ts';

test('consulSchema gives addresses one canonical form, and its errors say what to write', () => {
  expect(consulSchema.parse({}).address).toEqual(['http://127.0.0.1:8500']);
  expect(consulSchema.parse({ address: 'consul.example.com' }).address).toEqual(['http://consul.example.com:8500']);
  expect(consulSchema.parse({ address: ['https://[::1]:8501', '10.0.0.1:80'] }).address).toEqual([
    'https://[::1]:8501',
    'http://10.0.0.1',
  ]);
  expect(() => consulSchema.parse({ address: 'ftp://x' })).toThrow('is not a Consul address');
  expect(() => consulSchema.parse({ sessionTtlSeconds: 9 })).toThrow();
  expect(() => consulSchema.parse({ certFile: '/x' })).toThrow('certFile and keyFile belong together');
  expect(() => consulSchema.parse({ adress: 'x' })).toThrow('adress');
});
