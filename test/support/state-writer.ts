// A process that writes to a bus file and a mirror as fast as it can until the test kills it. Prints acknowledged
// writes: `bus 17`, `mirror 9`. Arguments: bus file, mirror file.
import { writeSync } from 'node:fs';
import { createEmbeddedBus } from '../../bus/index.ts';
import type { Picture } from '../../state/index.ts';
import { openMirror } from '../../state/index.ts';
import { createLog, systemClock } from '../../system/index.ts';

const [busPath = '', mirrorPath = ''] = process.argv.slice(2);
const log = createLog('writer', { level: 'error', format: 'json' });
const environment = { name: 'test', uuid: 'e', suffixes: [] };
const bus = createEmbeddedBus({ clock: systemClock, log }, { path: busPath, environment: 'test' });
const mirror = openMirror(mirrorPath);
const pad = 'x'.repeat(3000);

const found = mirror.load();
const facts = new Map(found?.picture.hosts.get('a') ?? []);
let step = Number(facts.get('x') ?? 0);
let written = Number((await bus.get('last'))?.value ?? 0);

for (;;) {
  written += 1;
  // Each is a separate write; an interrupted step is repeated from its beginning.
  const created = await bus.put(`document/${written}`, { n: written, pad });
  if (written % 7 === 0) await bus.delete(`document/${written - 3}`);
  const counted = await bus.put('last', written, (await bus.get('last'))?.revision ?? 0);
  if (!created.ok || !counted.ok) throw new Error(`refused: ${written}`);
  writeSync(1, `bus ${written}\n`);

  step += 1;
  facts
    .set('x', step)
    .set('y', step)
    .set(`container/${step % 50}`, { step, pad });
  const picture: Picture = { hosts: new Map([['a', new Map(facts)]]), documents: new Map(), complete: true };
  mirror.save({ environment, hostId: 'a', revision: step, picture, savedAtMs: Date.now() });
  writeSync(1, `mirror ${step}\n`);
}
