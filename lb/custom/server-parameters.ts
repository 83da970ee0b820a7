/** Parameters of `server $IP` and how many words follow each: those that a server can have that is added at run time. */
const PARAMETERS: ReadonlyMap<string, number> = new Map([
  ['allow-0rtt', 0],
  ['alpn', 1],
  ['backup', 0],
  ['ca-file', 1],
  ['ciphers', 1],
  ['ciphersuites', 1],
  ['force-tlsv12', 0],
  ['force-tlsv13', 0],
  ['maxconn', 1],
  ['maxqueue', 1],
  ['minconn', 1],
  ['pool-low-conn', 1],
  ['pool-max-conn', 1],
  ['pool-purge-delay', 1],
  ['proto', 1],
  ['proxy-v2-options', 1],
  ['send-proxy', 0],
  ['send-proxy-v2', 0],
  ['send-proxy-v2-ssl', 0],
  ['send-proxy-v2-ssl-cn', 0],
  ['sni', 1],
  ['source', 1],
  ['ssl', 0],
  ['ssl-max-ver', 1],
  ['ssl-min-ver', 1],
  ['tfo', 0],
  ['verify', 1],
  ['verifyhost', 1],
  ['ws', 1],
]);

const HINTS: ReadonlyMap<string, string> = new Map([
  ['check', 'declare a health_check of the service, which all load balancers and DNS use'],
  ['cookie', 'use stickiness_policy'],
  ['weight', 'set the weight of the rule'],
]);

/** What needs no quotes in the file, and no escapes in a command to the running process, where a semicolon begins another command. */
const PLAIN = /^[\w./:,@+=()!%-]+$/;

export interface ParameterFault {
  readonly what: string;
  readonly hint: string;
}

/** The first parameter that is not accepted; null: all are. */
export function parameterFault(words: readonly string[]): ParameterFault | null {
  const special = words.find((word) => !PLAIN.test(word));
  if (special !== undefined) {
    return {
      what: `the parameter ${special} has characters that are not accepted`,
      hint: 'use no blanks, quotes or semicolons',
    };
  }
  for (let at = 0; at < words.length; ) {
    const name = words[at] ?? '';
    const count = PARAMETERS.get(name);
    if (count === undefined) {
      const hint = HINTS.get(name) ?? `use only ${[...PARAMETERS.keys()].join(', ')}`;
      return { what: `the parameter ${name} cannot be given to servers that are added at run time`, hint };
    }
    if (at + count >= words.length) return { what: `a value is missing after ${name}`, hint: `write it after ${name}` };
    if (name === 'ca-file' && words[at + 1] !== '@system-ca') {
      return { what: 'it names a file of the host', hint: 'use ca-file @system-ca' };
    }
    at += 1 + count;
  }
  return null;
}
