import { readFileSync, writeFileSync } from 'node:fs';
import { citedRequirements, REQUIREMENTS_PAGE, renderRequirements } from './requirement-tests.ts';

writeFileSync(REQUIREMENTS_PAGE, renderRequirements(readFileSync(REQUIREMENTS_PAGE, 'utf8'), citedRequirements()));
