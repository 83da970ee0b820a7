import { expect, test } from 'vitest';
import { negotiate } from '../../../sources/docker/engine/api.ts';
import { connectionProblem } from '../../../sources/docker/engine/connection-problem.ts';

test.each([
  ['1.41', '1.12', '1.41'],
  ['1.45', '1.24', '1.45'],
  ['1.51', '1.24', '1.51'],
  ['1.99', '1.44', '1.51'],
  ['1.41', null, '1.41'],
])('an Engine of API %s, oldest %s: we speak %s', (ApiVersion, MinAPIVersion, expected) => {
  expect(negotiate({ ApiVersion, MinAPIVersion })).toBe(expected);
});

test.each([
  ['1.40', '1.12'],
  ['2.0', '1.60'],
])('an Engine of API %s, oldest %s is refused with what to do', (ApiVersion, MinAPIVersion) => {
  let error: unknown;
  try {
    negotiate({ ApiVersion, MinAPIVersion });
  } catch (caught) {
    error = caught;
  }
  expect(connectionProblem(error, '/run/docker.sock')).toEqual({
    subject: 'Docker at /run/docker.sock',
    what: `it speaks Engine API ${MinAPIVersion} to ${ApiVersion}, Drover 1.41 to 1.51`,
    hint: 'install Docker Engine 20.10 or newer',
  });
});

test.each([
  ['ENOENT', 'the socket does not exist'],
  ['EACCES', 'permission denied for the socket'],
  ['ECONNREFUSED', 'connection refused: no process listens on the socket'],
])('connectionProblem() explains %s', (code, what) => {
  expect(connectionProblem(Object.assign(new Error('x'), { code }), '/run/docker.sock')).toMatchObject({ what });
});
