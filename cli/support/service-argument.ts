import { nearestWord } from '../../model/index.ts';
import { CommandFailure, usageFailure } from './io.ts';

/** The argument `STACK` or `STACK/SERVICE` of a command. */
export interface ServiceArgument {
  readonly stack: string;
  /** Null: the whole stack. */
  readonly service: string | null;
}

export function parseService(text: string): ServiceArgument {
  const [stack = '', service = null, ...more] = text.split('/');
  if (stack !== '' && service !== '' && more.length === 0) return { stack, service };
  throw usageFailure(
    `argument ${text}`,
    'is not a stack or a service',
    'write STACK or STACK/SERVICE, such as shop/web',
  );
}

/** Something of a stack or a service. A sidekick has the service `web/log`. */
interface Member {
  readonly stack: string | null;
  readonly service: string | null;
}

/**
 * The members of a stack, or of a service and its sidekicks. If there is none, the command fails with `missing`, and names the nearest
 * member that there is.
 */
export function select<T>(
  all: readonly T[],
  wanted: ServiceArgument,
  memberOf: (one: T) => Member,
  missing: { readonly what: string; readonly hint: string },
): readonly T[] {
  const { stack, service } = wanted;
  const found = all.filter((one) => {
    const member = memberOf(one);
    const names = [member.service, member.service?.split('/')[0]];
    return isSame(member.stack, stack) && (service === null || names.some((name) => isSame(name, service)));
  });
  if (found.length > 0) return found;
  const names = all
    .map(memberOf)
    .flatMap((one) => (one.stack === null ? [] : [service === null ? one.stack : `${one.stack}/${one.service}`]));
  const subject = service === null ? stack : `${stack}/${service}`;
  const nearest = nearestWord(subject, names);
  const hint = nearest === null ? missing.hint : `did you mean ${nearest}?`;
  throw new CommandFailure([{ subject, what: missing.what, hint }]);
}

function isSame(a: string | null | undefined, b: string): boolean {
  return a?.toLowerCase() === b.toLowerCase();
}
