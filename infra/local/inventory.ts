import { type Addresses, createCatalogue } from './catalogue.ts';
import type { SynthesizedApp } from './synth.ts';
import { type Environment, type Resource, resolveApp, TemplateError } from './template.ts';

/** A resource with its `Ref` and attributes worked out. */
export interface HostedResource {
  stack: string;
  logicalId: string;
  /** `<stack>/<construct path>`, if the template has it. */
  path: string | undefined;
  type: string;
  ref: string;
  properties: Record<string, unknown>;
  /** @throws TemplateError for an attribute that the type does not have here */
  attribute(name: string): string;
}

/** Everything that an app declares, by type and by name, resolved. */
export interface Inventory {
  all(): HostedResource[];
  ofType(...types: string[]): HostedResource[];
  /** By logical id, or by construct path with or without CDK's last part `Resource`. @throws TemplateError */
  find(logicalIdOrPath: string): HostedResource;
  /** The folder or file behind a key of the bootstrap bucket. @throws TemplateError */
  assetPath(objectKey: unknown): string;
  outputs(): Record<string, string>;
}

/** Resolves an app against the addresses of the running services. @throws TemplateError */
export function takeInventory(
  app: SynthesizedApp,
  environment: Environment,
  addresses: Addresses,
): Inventory {
  const typeOf = createCatalogue(environment, addresses);
  const resolved = resolveApp(app.stacks, environment, typeOf, addresses.localize);
  const hosted = resolved.resources.map((resource) => host(resource));

  function host(resource: Resource): HostedResource {
    const { logicalId, path, type, stack } = resource;
    return {
      stack,
      logicalId,
      path,
      type,
      get ref() {
        return typeOf(type).ref(resource);
      },
      get properties() {
        return resource.properties;
      },
      attribute(name) {
        const read = typeOf(type).attributes[name];
        if (!read)
          throw new TemplateError(
            `${stack}/${logicalId} (${type}): the local cloud has no attribute ${name}`,
          );
        return read(resource);
      },
    };
  }

  return {
    all: () => hosted,
    ofType: (...types) => hosted.filter(({ type }) => types.includes(type)),
    find(name) {
      const found = hosted.find(
        ({ logicalId, path }) => logicalId === name || path === name || path === `${name}/Resource`,
      );
      if (!found) throw new TemplateError(`No resource ${name}`);
      return found;
    },
    assetPath(objectKey) {
      const path = app.assets.get(String(objectKey));
      if (path === undefined) throw new TemplateError(`The cloud assembly has no asset ${String(objectKey)}`);
      return path;
    },
    outputs: resolved.outputs,
  };
}
