import { describe, expect, test } from 'vitest';
import { type ChoiceDependencies, createChoice } from '../../../dns/upstream/choice/choice.ts';
import { localMeaning } from '../../../dns/upstream/choice/local-names.ts';
import { localReply } from '../../../dns/upstream/choice/local-reply.ts';
import { wireName } from '../../../dns/upstream/message/records.ts';
import { structureOf } from '../../../dns/wire/read/structure.ts';
import { formatUpstream, parseUpstream, type Upstream } from '../../../model/index.ts';
import { asked, textOf } from './messages.ts';

const upstream = (text: string) => parseUpstream(text) as Upstream;

function chooser(options: Partial<ChoiceDependencies> = {}) {
  const choose = createChoice({
    defaults: () => DEFAULTS,
    rules: [],
    ourselves: () => [upstream('169.254.169.250')],
    loops: { leadsBack: () => false, epoch: () => 0 },
    ...options,
  });
  return (name: string, dns: readonly string[] = []) => {
    const choice = choose(wireName(name), { dns });
    return choice.kind === 'local' ? choice.meaning.kind : choice.upstreams.map(formatUpstream).join(' ');
  };
}
const DEFAULTS = ['8.8.8.8', '9.9.9.9'];

describe('createChoice() selects', () => {
  test('the asker’s own resolvers, then the default ones, each once, without this server and loopback', () => {
    const whom = chooser();
    expect(whom('www.example.com')).toBe('8.8.8.8:53 9.9.9.9:53');
    expect(whom('www.example.com', ['10.0.0.1', '9.9.9.9', '127.0.0.53', '::1', '169.254.169.250', 'rubbish'])).toBe(
      '10.0.0.1:53 9.9.9.9:53 8.8.8.8:53',
    );
  });

  test('a stub on loopback as a default resolver; another port is another resolver', () => {
    const whom = chooser({ defaults: () => STUBS, ourselves: () => [upstream('127.0.0.53:5353')] });
    expect(whom('www.example.com')).toBe('127.0.0.53:53');
  });
  const STUBS = ['127.0.0.53', '127.0.0.53:5353'];

  test('no upstream that is known to lead back', () => {
    let back = '';
    let epoch = 0;
    const loops = { leadsBack: ({ address }: Upstream) => address === back, epoch: () => epoch };
    const whom = chooser({ loops });
    expect(whom('www.example.com')).toBe('8.8.8.8:53 9.9.9.9:53');
    back = '8.8.8.8';
    epoch += 1;
    expect(whom('www.example.com')).toBe('9.9.9.9:53');
  });

  test('changed default resolvers at once', () => {
    let defaults = ['8.8.8.8'];
    const whom = chooser({ defaults: () => defaults });
    whom('www.example.com');
    defaults = ['9.9.9.9'];
    expect(whom('www.example.com')).toBe('9.9.9.9:53');
  });

  test('at most eight upstreams', () => {
    const many = Array.from({ length: 20 }, (_, n) => `10.0.0.${n + 1}`);
    expect(chooser({ defaults: () => many })('www.example.com').split(' ')).toHaveLength(8);
  });
});

describe('rules by suffix', () => {
  const whom = chooser({
    rules: [
      { suffix: 'corp.example', upstreams: ['10.0.0.2'] },
      { suffix: 'LAB.corp.example.', upstreams: ['10.0.0.3:5353', '10.0.0.4'] },
      { suffix: '2.0.10.in-addr.arpa', upstreams: ['10.0.0.5'] },
      { suffix: 'test', upstreams: ['10.0.0.6'] },
      { suffix: 'gone.example', upstreams: [] },
    ],
  });

  test.each([
    ['corp.example', '10.0.0.2:53'],
    ['www.corp.example', '10.0.0.2:53'],
    ['www.LAB.Corp.example', '10.0.0.3:5353 10.0.0.4:53'],
    ['xcorp.example', '8.8.8.8:53 9.9.9.9:53'],
    ['corp.example.com', '8.8.8.8:53 9.9.9.9:53'],
    ['7.2.0.10.in-addr.arpa', '10.0.0.5:53'],
    ['7.3.0.10.in-addr.arpa', 'nxdomain'],
    ['my.test', '10.0.0.6:53'],
    ['www.gone.example', 'nxdomain'],
  ])('%s: %s', (name, expected) => expect(whom(name, [])).toBe(expected));

  test('apply to every asker, also one with its own resolvers', () => {
    expect(whom('www.corp.example', ['10.9.9.9'])).toBe('10.0.0.2:53');
    expect(whom('www.example.com', ['10.9.9.9'])).toBe('10.9.9.9:53 8.8.8.8:53 9.9.9.9:53');
  });
});

describe('names that are never forwarded', () => {
  test.each([
    ['localhost', 'localhost'],
    ['app.localhost', 'localhost'],
    ['1.0.0.127.in-addr.arpa', 'localhost'],
    ['2.0.0.127.in-addr.arpa', 'nxdomain'],
    ['a.invalid', 'nxdomain'],
    ['a.test', 'nxdomain'],
    ['x.onion', 'nxdomain'],
    ['x.alt', 'nxdomain'],
    ['_dns.resolver.arpa', 'nodata'],
    ['4.3.254.169.in-addr.arpa', 'nxdomain'],
    ['4.3.2.10.in-addr.arpa', 'site'],
    ['4.3.31.172.in-addr.arpa', 'site'],
    ['4.3.32.172.in-addr.arpa', undefined],
    ['4.3.64.100.in-addr.arpa', 'site'],
    ['4.3.63.100.in-addr.arpa', undefined],
    ['8.8.8.8.in-addr.arpa', undefined],
    ['0.0.d.f.ip6.arpa', 'site'],
    ['printer.local', undefined],
    ['nas.home.arpa', undefined],
    ['example.com', undefined],
  ])('%s: %s', (name, kind) => expect(localMeaning(wireName(name))?.kind).toBe(kind));

  test('reverse names of private addresses are forwarded to private resolvers only', () => {
    const site = () => ['10.0.0.1', '8.8.8.8'];
    const list = site();
    expect(chooser({ defaults: () => list })('4.3.2.10.in-addr.arpa')).toBe('10.0.0.1:53');
    expect(chooser()('4.3.2.10.in-addr.arpa')).toBe('nxdomain');
    expect(chooser()('4.3.2.10.in-addr.arpa', ['192.168.1.1'])).toBe('192.168.1.1:53');
  });

  const reply = (name: string, type?: Parameters<typeof asked>[1]) => {
    const message = localReply(asked(name, type), localMeaning(wireName(name)) as never);
    expect(structureOf(message)).not.toBeNull();
    return textOf(message);
  };

  test('replies for such names', () => {
    expect(reply('app.localhost')).toBe('NOERROR | app.localhost A 3600 127.0.0.1');
    expect(reply('localhost', 'AAAA')).toMatch(/^NOERROR \| localhost AAAA 3600 (::1|0:0:0:0:0:0:0:1)$/);
    expect(reply('localhost', 'MX')).toBe('NOERROR |  | localhost SOA 3600 3600');
    expect(reply('1.0.0.127.in-addr.arpa', 'PTR')).toBe('NOERROR | 1.0.0.127.in-addr.arpa PTR 3600 localhost');
    expect(reply('a.invalid')).toBe('NXDOMAIN |  | invalid SOA 3600 3600');
    expect(reply('_dns.resolver.arpa', 'SRV')).toBe('NOERROR |  | resolver.arpa SOA 3600 3600');
  });
});
