/** `/account`: one's own account; `/account#forgotten` begins with the way out for a forgotten password. */
import './faults.js';
import { signInToAccount } from './accountView.js';
import { begin } from './page.js';
import { askForgotten } from './signIn.js';

await begin(location.hash === '#forgotten' ? askForgotten : signInToAccount);
