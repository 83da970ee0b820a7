import type { ListenerProtocol, PathPattern, RuleOptions } from '../../../model/index.ts';

/** `/api`, `/api (exact)`. */
export function formatPath({ kind, text }: PathPattern): string {
  return kind === 'prefix' ? text : `${text} (${kind})`;
}

/** What a rule of a listener does besides choosing a backend. Without names of users and hashes of passwords. */
export function optionTexts(options: RuleOptions, protocol: ListenerProtocol): readonly string[] {
  const { proto, redirectHttps, gzip, basicAuth, maxBodyBytes, serverTimeoutMs, tunnelTimeoutMs } = options;
  const { forwarded, sendProxy, balance } = options;
  const texts: readonly (string | false | null)[] = [
    protocol === 'http' && redirectHttps && 'redirects to https',
    proto !== 'h1' && `${proto} to containers`,
    gzip && 'gzip',
    basicAuth.length > 0 && `password (${basicAuth.length} ${basicAuth.length === 1 ? 'user' : 'users'})`,
    maxBodyBytes !== null && `body up to ${maxBodyBytes} bytes`,
    serverTimeoutMs !== null && `timeout ${serverTimeoutMs} ms`,
    tunnelTimeoutMs !== null && `tunnel timeout ${tunnelTimeoutMs} ms`,
    forwarded && 'Forwarded header',
    sendProxy && `PROXY ${sendProxy} to containers`,
    balance && `balance ${balance}`,
  ];
  return texts.filter((text) => typeof text === 'string');
}
