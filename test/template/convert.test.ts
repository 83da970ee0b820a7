import { describe, expect, test } from 'vitest';
import { createKeyStore, flatten } from '../../template/confd/key-store.ts';
import { convertGoTemplate, createEngine } from '../../template/index.ts';
import { worldOf } from '../../template/world.ts';

const engine = createEngine({ env: { HOME: '/root' }, now: () => 0 });
const TREE = {
  name: 'web',
  scale: 2,
  external: null,
  system: false,
  labels: { tier: 'front', 'a"b': "it's" },
  containers: [
    { name: 'shop_web_1', primary_ip: '10.42.1.1', labels: { weight: '3' } },
    { name: 'shop_web_2', primary_ip: '10.42.1.2', labels: {} },
  ],
  ports: ['80:80/tcp', '443:443/tcp'],
  metadata: { upstream: '{"servers":[{"host":"a","port":80},{"host":"b","port":81}],"zone":{"z":1,"a":2}}' },
};
const keys = createKeyStore(flatten('/self/service', TREE));

function rendered(template: string): string {
  const converted = convertGoTemplate(template, { name: 't', functions: engine.functions });
  if (!converted.ok) throw new Error(converted.problems.map(({ subject, what }) => `${subject}: ${what}`).join('\n'));
  return engine.compile(converted.text)({ world: worldOf({}), keys });
}

function problems(template: string): readonly string[] {
  const converted = convertGoTemplate(template, { name: 't', functions: engine.functions });
  return converted.ok ? [] : converted.problems.map(({ subject, what }) => `${subject}: ${what}`);
}

describe('confd templates render as in confd', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['a value', 'name={{getv "/self/service/name"}}', 'name=web'],
    [
      'numbers, booleans and null as text',
      '{{getv "/self/service/scale"}} {{getv "/self/service/system"}} {{getv "/self/service/external"}}',
      '2 false null',
    ],
    ['a default', '{{getv "/nothing" "x"}}', 'x'],
    [
      'a loop over keys',
      '{{range gets "/self/service/containers/*/primary_ip"}}{{.Key}}={{.Value}};{{end}}',
      '/self/service/containers/shop_web_1/primary_ip=10.42.1.1;/self/service/containers/shop_web_2/primary_ip=10.42.1.2;',
    ],
    ['a loop over values', '{{range getvs "/self/service/ports/*"}}{{.}},{{end}}', '443:443/tcp,80:80/tcp,'],
    [
      'ls with a variable and a joined key',
      '{{range ls "/self/service/containers"}}{{$ip := getv (printf "/self/service/containers/%s/primary_ip" .)}}server {{.}} {{$ip}};\n{{end}}',
      'server shop_web_1 10.42.1.1;\nserver shop_web_2 10.42.1.2;\n',
    ],
    [
      'index and element',
      '{{range $i, $p := getvs "/self/service/ports/*"}}{{$i}}:{{$p}} {{end}}',
      '0:443:443/tcp 1:80:80/tcp ',
    ],
    [
      'the outer dot in an inner loop',
      '{{range $s := ls "/self/service/containers"}}{{range lsdir "/self/service"}}{{$s}}/{{.}} {{end}}{{end}}',
      'shop_web_1/containers shop_web_1/labels shop_web_1/metadata shop_web_1/ports shop_web_2/containers shop_web_2/labels shop_web_2/metadata shop_web_2/ports ',
    ],
    ['if, else if, else', '{{if exists "/no"}}a{{else if eq (getv "/self/service/name") "web"}}b{{else}}c{{end}}', 'b'],
    [
      'and, or, not',
      '{{if and (exists "/self/service/name") (not (exists "/no"))}}y{{end}}{{if or false 0 ""}}n{{end}}',
      'y',
    ],
    ['range else', '{{range gets "/no/*"}}x{{else}}none{{end}}', 'none'],
    [
      'with',
      '{{with get "/self/service/name"}}{{.Key}} {{.Value}}{{end}}{{with ""}}x{{else}}-{{end}}',
      '/self/service/name web-',
    ],
    ['pipes', '{{getv "/self/service/name" | toUpper | printf "%s!"}}', 'WEB!'],
    [
      'split, index, base, join',
      '{{index (split "80:80/tcp" ":") 1}} {{base "/a/b"}} {{join (split "a,b" ",") "+"}}',
      '80/tcp b a+b',
    ],
    [
      'json, with maps by key',
      '{{with json (getv "/self/service/metadata/upstream")}}{{range .servers}}{{.host}}:{{.port}} {{end}}{{range $k, $v := .zone}}{{$k}}{{$v}} {{end}}{{end}}',
      'a:80 b:81 a2 z1 ',
    ],
    ['white space taken away', 'a\n  {{- if true -}}  \n b \n{{- end }} c', 'ab c'],
    ['comments', 'a{{/* {{ not }} this */}}b', 'ab'],
    ['raw strings and escapes', '{{`a"b\'c`}}{{"\\t\\"x\\""}}', 'a"b\'c\t"x"'],
    [
      'braces and backslashes beside an action',
      'map {{"{"}}{{getv "/self/service/name"}}} \\{{"x"}} }}',
      'map {web} \\x }}',
    ],
    ['what has no value', '{{index (json "{}") "x"}}', '<no value>'],
    [
      'printf',
      '{{printf "%05d|%-4s|%4s|%q|%v|%.2f|%x|%%" 42 "ab" "cd" "e" true 1.5 255}}',
      '00042|ab  |  cd|"e"|true|1.50|ff|%',
    ],
    [
      'arithmetic',
      '{{add 1 2}} {{sub 5 3}} {{mul 2 3}} {{div 7 2}} {{mod 7 2}} {{range seq 1 3}}{{.}}{{end}} {{atoi "12"}} {{len "abc"}}',
      '3 2 6 3 1 123 12 3',
    ],
    ['the environment', '{{getenv "HOME"}} {{getenv "NONE" "d"}}', '/root d'],
    ['nothing is escaped', '{{"<a href=\'x\'>&"}}', "<a href='x'>&"],
  ];
  test.each(cases)('%s', (_, template, expected) => {
    expect(rendered(template)).toBe(expected);
  });

  test('a template that calls itself without end fails', () => {
    expect(() => rendered('{{define "r"}}{{template "r" .}}{{end}}{{template "r" 1}}')).toThrow('more than 500 times');
  });

  test('a missing key fails with its name', () => {
    expect(() => rendered('{{getv "/nothing"}}')).toThrow('key does not exist: /nothing');
  });
});

describe('a converted template is readable', () => {
  const GO = `{{- /* nginx */ -}}
{{$limit := getv "/limit" "1"}}
worker_processes {{$limit}};
{{define "server"}}server {{.ip}}:{{.port}};{{end}}
upstream app {
  {{- range $i, $m := ls "/members"}}{{if gt $i 5}}{{break}}{{end}}
  {{- $ip := getv (printf "/members/%s/ip" $m)}}
  {{template "server" (map "ip" $ip "port" 80)}}
  {{- else}}
  server 127.0.0.1:1 down;
  {{- end}}
}
{{with $r := json (getv "/record")}}{{$r.site}} {{(index .rooms 0).name | toUpper}}{{end}}
{{if and (exists "/a") (eq (getv "/a") "on")}}on{{else if exists "/b"}}b{{else}}off{{end}}
`;
  const HANDLEBARS = `{{!-- Converted from Go: with its functions, types and white space. --}}
{{#define "server"}}server {{show (member this "ip")}}:{{show (member this "port")}};{{/define}}{{let "limit" (getv "/limit" "1")}}
worker_processes {{show @limit}};

upstream app {{unescape "%7B"}}{{#range (ls "/members") index="i" element="m"}}{{#if (gt @i 5)}}{{break}}{{/if}}{{#unlessLeft}}{{let "ip" (getv (printf "/members/%s/ip" @m))}}
  {{template "server" (map "ip" @ip "port" 80)}}{{/unlessLeft}}{{else}}
  server 127.0.0.1:1 down;{{/range}}
}
{{#with (json (getv "/record")) let="r"}}{{show (member @r "site")}} {{show (toUpper (member (index (member this "rooms") 0) "name"))}}{{/with}}
{{#if (and (exists "/a") (eq (getv "/a") "on"))}}on{{else if (exists "/b")}}b{{else}}off{{/if}}
`;
  test('with all kinds of blocks', () => {
    const converted = convertGoTemplate(GO, { name: 't', functions: engine.functions });
    expect(converted.ok && converted.text).toBe(HANDLEBARS);
  });
});

describe('a part without a counterpart is a problem with its line', () => {
  const cases: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'functions',
      'a\n{{cgetv "/x"}}\n{{lookupSRV "a" "b" "c"}}',
      [
        't line 2: cannot be converted: there is no function cgetv; values cannot be decrypted',
        't line 3: cannot be converted: there is no function lookupSRV; use the metadata instead of DNS',
      ],
    ],
    [
      'an open define',
      'a\n{{define "x"}}\n\n',
      ['t line 4: cannot be converted: {{end}} is missing for {{define "x"}} on line 2'],
    ],
    [
      'a range that sets an existing variable',
      '{{$x := 1}}\n{{range $x = ls "/"}}{{end}}',
      ['t line 2: cannot be converted: {{range}} sets an existing variable; versions of Go differ here, so use :='],
    ],
    [
      'functions of other tools',
      '{{default "a" .x}}\n{{service "web"}}{{range tree "/a"}}\n{{end}}{{env "HOME"}}{{trimPrefix "a" "b"}}',
      [
        't line 1: cannot be converted: there is no function default',
        't line 2: cannot be converted: there is no function service',
        't line 2: cannot be converted: there is no function tree',
        't line 3: cannot be converted: there is no function env',
        't line 3: cannot be converted: there is no function trimPrefix',
      ],
    ],
    [
      'unknown variables',
      '{{if true}}{{$a := 1}}{{end}}{{$a}}',
      ['t line 1: cannot be converted: there is no variable $a in this block'],
    ],
    ['missing ends', '{{if true}}\n\n', ['t line 3: cannot be converted: {{end}} is missing for {{if}} on line 1']],
    ['stray ends', 'x\n{{end}}', ['t line 2: cannot be converted: {{end}} without a block']],
    ['open braces', 'x\n\n{{ ls "a"', ['t line 3: cannot be converted: an action has no end: }} is missing']],
  ];
  test.each(cases)('%s', (_, template, expected) => {
    expect(problems(template)).toEqual(expected);
  });
});
