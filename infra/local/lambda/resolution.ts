import { existsSync } from 'node:fs';
import Module, { registerHooks } from 'node:module';
import { delimiter, dirname, join, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { SandboxData } from './protocol.ts';

/** CommonJS resolution as far as it is used here; Node documents neither function, Lambda's own runtime uses both. */
interface ModuleInternals {
  _initPaths(): void;
  _nodeModulePaths(from: string): string[];
}

/** The packages that Lambda's Node.js runtime provides by itself. */
const provided = /^@(aws-sdk|smithy)\//;

/**
 * Makes this thread find packages only where Lambda would: in the bundle, in the layers, in the runtime. Without this
 * the repository's own node_modules, an ancestor of every bundle, would hide a package that a layer lacks.
 *
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-layers.html (NODE_PATH, for ES modules too)
 */
export function isolateResolution({ taskRoot, layerRoots, runtimeModules }: SandboxData): void {
  const layerModules = layerRoots.map((root) => join(root, 'nodejs', 'node_modules'));
  const internals = Module as unknown as ModuleInternals;
  process.env.NODE_PATH = [...layerModules, runtimeModules, taskRoot].join(delimiter);
  internals._initPaths();

  const roots = [taskRoot, ...layerRoots];
  const inside = (path: string) => roots.some((root) => path === root || path.startsWith(root + sep));
  const insideUrl = (url: string | undefined) =>
    url?.startsWith('file:') === true && inside(fileURLToPath(url));
  const nodeModulePaths = internals._nodeModulePaths;
  internals._nodeModulePaths = (from) => {
    const paths = nodeModulePaths(from);
    return inside(from) ? paths.filter(inside) : paths;
  };

  const searched = [...layerModules, runtimeModules].map((path) => pathToFileURL(join(path, 'x.js')).href);
  registerHooks({
    resolve(specifier, context, next) {
      const bare = !/^(\.{0,2}\/|#|[a-z]+:)/.test(specifier) && !Module.isBuiltin(specifier);
      if (!bare || !insideUrl(context.parentURL)) return next(specifier, context);
      const allowed = (url: string) => insideUrl(url) || provided.test(specifier);
      let failure: unknown;
      // CommonJS ignores the parent given here and has searched NODE_PATH in the first round.
      for (const parentURL of [context.parentURL, ...searched]) {
        try {
          const found = next(specifier, { ...context, parentURL });
          if (allowed(found.url)) return found;
        } catch (error) {
          failure ??= error;
        }
      }
      throw failure ?? missing(specifier, context.parentURL);
    },
    load(url, context, next) {
      const isOurs = url.startsWith('file:') && url.endsWith('.js') && inside(fileURLToPath(url));
      // The `type` of the repository's package.json does not reach into /var/task.
      const outsidePackage = isOurs && !hasManifest(dirname(fileURLToPath(url)), roots);
      return next(url, outsidePackage ? { ...context, format: 'commonjs' } : context);
    },
  });
}

/** Whether a package.json lies in the folder or above it, up to its root. */
function hasManifest(folder: string, roots: string[]): boolean {
  if (existsSync(join(folder, 'package.json'))) return true;
  return !roots.includes(folder) && hasManifest(dirname(folder), roots);
}

function missing(specifier: string, parent: string | undefined): Error {
  const message = `Cannot find package '${specifier}' in the bundle or the layers, imported from ${parent}`;
  return Object.assign(new Error(message), { code: 'MODULE_NOT_FOUND' });
}
