import { execa } from 'execa';
import { expect, test } from 'vitest';

/** Runs statements with a log of this level and format in a process of their own; returns what it wrote. */
async function written(level: string, statements: string, format = 'json'): Promise<string> {
  const program = `
    import { createLog, logChange } from './system/index.ts';
    const log = createLog('test', { level: '${level}', format: '${format}' });
    ${statements}`;
  const { stderr } = await execa('node', ['--input-type=module', '--eval', program]);
  return stderr;
}

const errorOf = async (level: string, thrown: string): Promise<Record<string, unknown>> =>
  JSON.parse(await written(level, `log.error({ err: ${thrown} }, 'failed');`)).err;

test('a line has its level by name, the time and the component; on a terminal it begins with the date', async () => {
  const line = JSON.parse(await written('info', `log.warn({ n: 1 }, 'low on space');`));
  expect(line).toMatchObject({ level: 'warn', component: 'test', n: 1, msg: 'low on space' });
  expect(new Date(line.time).getFullYear()).toBeGreaterThan(2024);
  const pretty = await written('info', `log.warn({}, 'low on space');`, 'pretty');
  expect(pretty).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\] WARN.*low on space/);
});

test('an expected error has no stack, a fault of the program has one', async () => {
  const refused = `Object.assign(new Error('refused', { cause: new Error('no route') }), { code: 'ECONNREFUSED' })`;
  expect(await errorOf('info', refused)).toEqual({
    type: 'Error',
    message: 'refused',
    code: 'ECONNREFUSED',
    cause: { type: 'Error', message: 'no route' },
  });
  expect(await errorOf('info', `new TypeError('x is not a function')`)).toHaveProperty('stack');
  // As fetch() rejects.
  const failed = `new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })`;
  expect(await errorOf('info', failed)).not.toHaveProperty('stack');
  expect(await errorOf('debug', refused)).toHaveProperty('stack');
  expect(await errorOf('info', `'a text'`)).toBe('a text');
});

test('a long change is cut, and complete at level debug', async () => {
  const changes = `logChange(log, { change: 'short' }, 'changed'); logChange(log, { change: 'x'.repeat(500) }, 'changed');`;
  const messages = (text: string) =>
    text.split('\n').map((line) => {
      const { level, msg, change } = JSON.parse(line) as Readonly<Record<string, string>>;
      return `${level} ${msg} ${change?.length}`;
    });
  expect(messages(await written('info', changes))).toEqual(['info changed 5', 'info changed 140']);
  expect(messages(await written('debug', changes))).toEqual([
    'info changed 5',
    'info changed 140',
    'debug changed, in full 500',
  ]);
});
