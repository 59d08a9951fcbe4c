/** `npm run build`: makes the mails' templates, then bundles the functions and the layer into `dist/`. */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundle } from './bundle.ts';
import { mailTemplatesFile, mailTemplatesModule } from './mail-templates.ts';

const start = performance.now();
await writeFile(join(resolve(import.meta.dirname, '../..'), mailTemplatesFile), await mailTemplatesModule());
const { functions, written } = await bundle();
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(`${functions.length} functions and the layer in ${seconds} s, ${written.length} files changed`);
