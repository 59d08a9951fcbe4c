/**
 * Makes sure that `node_modules` is what `package-lock.json` says, so that `npm start` and `npm test` work in a
 * fresh checkout. Plain JavaScript for Node 20 without a package, for it runs before there are any.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The project. */
export const projectDirectory = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node that the functions run on, a development dependency. */
export function projectNode(root = projectDirectory) {
  return join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/**
 * Whether every package is there in the version of the lock file, and no other. npm notes what it installed in
 * `node_modules/.package-lock.json`, last of all, so a broken install counts as none.
 * @param {string} root
 * @returns {boolean}
 */
export function isInstalled(root = projectDirectory) {
  const wanted = packagesOf(join(root, 'package-lock.json'));
  const present = packagesOf(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === undefined) throw new Error('package-lock.json is missing: this is not a whole checkout.');
  if (present === undefined) return false;
  // The project itself is only in the lock file.
  delete wanted[''];
  const isThere = ([path, entry]) => {
    const found = present[path];
    // Optional packages are for single platforms.
    if (found === undefined) return entry.optional === true || entry.devOptional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  };
  return Object.entries(wanted).every(isThere) && Object.keys(present).every((path) => path in wanted);
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT' || (error instanceof SyntaxError && file.includes('node_modules')))
      return undefined;
    throw error;
  }
}

/**
 * Installs the packages unless they are there. Tells what it does on stderr, for stdout may be read as JSON.
 * @param {string} root
 * @returns {Promise<void>}
 * @throws {Error} with one sentence for people.
 */
export async function installIfNeeded(root = projectDirectory) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 17)) {
    throw new Error(`Node ${process.versions.node} is too old: install Node 20.17 or later (24 is best).`);
  }
  if (isInstalled(root)) return;
  const { code, output } = await install(root);
  if (code !== 0) throw new Error(failureText(code, output));
}

async function install(root) {
  const start = Date.now();
  const seconds = () => Math.round((Date.now() - start) / 1000);
  const { isTTY } = process.stderr;
  const show = (text) => process.stderr.write(isTTY ? `\r\u001b[K${text}` : `${text}\n`);
  show('Installing the packages (npm ci); the first time takes a minute or two');
  const timer = setInterval(() => show(`Installing the packages: ${seconds()} s`), isTTY ? 1_000 : 15_000);
  try {
    const result = await runNpmCi(root);
    if (result.code === 0) show(`Installed the packages in ${seconds()} s\n`);
    return result;
  } finally {
    clearInterval(timer);
    if (isTTY) process.stderr.write('\r\u001b[K');
  }
}

/** What npm prints is held back for the explanation of a failure; `--include`: whatever NODE_ENV says. */
const npmArguments = [
  'ci',
  '--include=dev',
  '--include=optional',
  '--no-audit',
  '--no-fund',
  '--loglevel=error',
];

function runNpmCi(root) {
  const [command, ...first] = npmCommand();
  return new Promise((resolve, reject) => {
    const options = { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: command === 'npm.cmd' };
    const npm = spawn(command, [...first, ...npmArguments], options);
    let output = '';
    for (const stream of [npm.stdout, npm.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output = (output + text).slice(-20_000);
      });
    }
    const forward = (signal) => npm.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    npm.once('error', (error) => {
      reject(new Error(`npm could not be started (${error.message}): install npm, or put it on the PATH.`));
    });
    npm.once('close', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve({ code: code ?? signal, output });
    });
  });
}

/** The npm that runs this script, on its own Node: the one in `node_modules` is about to be replaced. */
function npmCommand() {
  const { npm_execpath: npm, npm_node_execpath: node } = process.env;
  if (npm && /npm-cli\.c?js$/.test(npm) && existsSync(npm)) return [node ?? process.execPath, npm];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
}

function failureText(code, output) {
  const network =
    /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|EIDLETIMEOUT)\b/;
  const reason = network.exec(output)?.[1];
  if (reason !== undefined) {
    return (
      `The packages could not be installed: the npm registry cannot be reached (${reason}). ` +
      'Connect to the network (or set npm’s registry or proxy) and try again; later starts need no network.'
    );
  }
  if (typeof code === 'string') return `The installation of the packages was stopped (${code}).`;
  return `${output.trim()}\nThe packages could not be installed: npm ci ended with ${code}. Its reason is above.`;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await installIfNeeded().catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
}
