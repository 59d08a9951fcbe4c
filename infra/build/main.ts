/** `npm run build`: makes the mails' templates, bundles the functions, the layer and the console into `dist/`, builds the console. */
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundle } from './bundle.ts';
import { buildConsole } from './console.ts';
import { mailTemplatesFile, mailTemplatesModule } from './mail-templates.ts';

const start = performance.now();
await writeFile(join(resolve(import.meta.dirname, '../..'), mailTemplatesFile), await mailTemplatesModule());
const { functions, written } = await bundle();
await buildConsole();
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(
  `${functions.length} functions, the layer and the console in ${seconds} s, ${written.length} files changed`,
);
