/** `npm run build`: bundles the functions and the layer into `dist/`. */
import { bundle } from './bundle.ts';

const start = performance.now();
const { functions, written } = await bundle();
const seconds = ((performance.now() - start) / 1000).toFixed(1);
console.log(`${functions.length} functions and the layer in ${seconds} s, ${written.length} files changed`);
