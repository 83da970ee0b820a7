import { writeFile } from 'node:fs/promises';
import { CONFIG_REFERENCE, renderConfigReference } from './config-reference.ts';

await writeFile(CONFIG_REFERENCE, renderConfigReference());
