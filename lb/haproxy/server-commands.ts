import type { BackendChange, ServerChange } from './plan-servers.ts';

/** The commands for the servers of one backend, and one that reads them back. */
export function serverCommands({ section, cookieKey, servers }: BackendChange): string {
  const added = servers.filter(({ kind }) => kind === 'add');
  // A server gets its cookie when the key is set again. It must have one before it gets a request.
  const cookies =
    added.length > 0 && cookieKey !== null ? [`set dynamic-cookie-key backend ${section} ${cookieKey}`] : [];
  return [
    ...added.map((change) => commandsFor(`${section}/${change.name}`, change)),
    ...cookies,
    ...added.map(({ name }) => `enable server ${section}/${name}`),
    ...servers.filter(({ kind }) => kind !== 'add').map((change) => commandsFor(`${section}/${change.name}`, change)),
    `show servers state ${section}`,
  ].join(';');
}

function commandsFor(place: string, change: ServerChange): string {
  const out = `set server ${place} state maint`;
  const shut = `shutdown sessions server ${place}`;
  switch (change.kind) {
    case 'add':
      return `add server ${place} ${change.arguments}`;
    case 'ready':
      return `set server ${place} state ready`;
    case 'drain':
      return out;
    case 'shut':
      return shut;
    case 'weight':
      return `set server ${place} weight ${change.weight}`;
    case 'remove':
      return [out, ...(change.force ? [shut] : []), `del server ${place}`].join(';');
  }
}
