import { writeFile } from 'node:fs/promises';
import { MANIFEST_PAGE, renderManifestPage } from './manifest-reference.ts';

await writeFile(MANIFEST_PAGE, renderManifestPage());
