import { usageFailure } from './io.ts';

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

export function formatService({ stack, service }: ServiceArgument): string {
  return service === null ? stack : `${stack}/${service}`;
}
