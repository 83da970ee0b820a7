import { expect, test } from 'vitest';
import { bindCertificates } from '../../../lb/certificates/index.ts';
import { formatProblem } from '../../../model/index.ts';

const available = new Map(['a', 'b', 'main'].map((name) => [name, { file: `/run/${name}.pem` }]));

/** The end of a bind line, and the problems. */
function bind(names: readonly string[], first: string | null): string {
  const listener = { port: 443, balancers: ['shop/front'], certificates: { names, default: first } };
  const { files, all, strictSni, problems } = bindCertificates(listener, available, '/etc/certs');
  const words = [...files.map((file) => `crt ${file}`), all && 'crt-list ALL', strictSni && 'strict-sni'];
  return [words.filter(Boolean).join(' '), ...problems.map(formatProblem)].join('\n');
}

test('bindCertificates() puts the default certificate first, and refuses unknown names without one', () => {
  expect(bind([], null)).toBe('crt-list ALL strict-sni');
  expect(bind([], 'main')).toBe('crt /run/main.pem crt-list ALL');
  expect(bind(['a', 'b'], null)).toBe('crt /run/a.pem crt /run/b.pem strict-sni');
  expect(bind(['a', 'main', 'a'], 'main')).toBe('crt /run/main.pem crt /run/a.pem');
});

test('bindCertificates() leaves out certificates that do not exist, and names them', () => {
  const problem = (name: string) =>
    `shop/front port 443: certificate ${name} is missing; the port goes on without it; put ${name}.pem, with certificate and key, into /etc/certs`;
  expect(bind(['a', 'nope'], 'gone')).toBe(['crt /run/a.pem strict-sni', problem('gone'), problem('nope')].join('\n'));
  expect(bind(['nope'], null)).toBe(`strict-sni\n${problem('nope')}`);
});
