import { expect, test } from 'vitest';
import { withImageLabels, withoutImageDefaults } from '../../replacement/image-defaults.ts';

const IMAGE = {
  Env: ['PATH=/bin', 'COLOR=red'],
  Cmd: ['serve'],
  Entrypoint: ['sh', '-c'],
  WorkingDir: '/app',
  User: '',
  ExposedPorts: { '80/tcp': {} },
  Volumes: { '/cache': {} },
  Labels: { made: 'once', kind: 'web' },
  StopSignal: 'SIGQUIT',
};

/** As Docker shows a container of that image; `own` is what the user gave. */
const without = (own: object, image: object = IMAGE) => withoutImageDefaults({ ...image, ...own }, image);

test.each<[string, object, object]>([
  ['nothing of the user', {}, {}],
  ['a variable', { Env: [...IMAGE.Env, 'OWN=1'] }, { Env: ['OWN=1'] }],
  ['another value', { Env: ['PATH=/bin', 'COLOR=blue'] }, { Env: ['COLOR=blue'] }],
  ['a command', { Cmd: ['debug'] }, { Cmd: ['debug'] }],
  ['an entry point, and so no command', { Entrypoint: ['sleep'], Cmd: null }, { Entrypoint: ['sleep'], Cmd: null }],
  ['an entry point with the command of the image', { Entrypoint: ['env'] }, { Entrypoint: ['env'], Cmd: ['serve'] }],
  ['no entry point', { Entrypoint: [''] }, { Entrypoint: [''], Cmd: ['serve'] }],
  ['labels', { Labels: { ...IMAGE.Labels, kind: 'api', own: 'x' } }, { Labels: { kind: 'api', own: 'x' } }],
  ['a port', { ExposedPorts: { '80/tcp': {}, '81/tcp': {} } }, { ExposedPorts: { '81/tcp': {} } }],
  ['a user and a folder', { User: '1000', WorkingDir: '/' }, { User: '1000', WorkingDir: '/' }],
  ['a setting that images do not have', { Tty: true, StopTimeout: 3 }, { Tty: true, StopTimeout: 3 }],
])('withoutImageDefaults() keeps %s', (_title, own, expected) => {
  expect(without(own)).toEqual({ Env: [], ExposedPorts: {}, Volumes: {}, Labels: {}, ...expected });
});

test('withoutImageDefaults() takes unset and empty values as equal', () => {
  expect(without({ Cmd: null, Entrypoint: null, Env: null, Labels: {} }, { Cmd: [], Entrypoint: [] })).toEqual({
    Env: [],
    Labels: {},
  });
});

test('withImageLabels() tells Compose the new image, and gives no label to other containers', () => {
  const label = 'com.docker.compose.image';
  expect(withImageLabels({ Labels: { [label]: 'sha256:1', a: 'b' } }, 'sha256:2')).toEqual({
    Labels: { [label]: 'sha256:2', a: 'b' },
  });
  expect(withImageLabels({ Labels: { a: 'b' } }, 'sha256:2')).toEqual({ Labels: { a: 'b' } });
});
