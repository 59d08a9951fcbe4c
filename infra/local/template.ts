import { createHash } from 'node:crypto';
import type { ResourceDeclaration, SynthesizedStack, Template } from './synth.ts';

/** What a catalogue needs to know of a resource to answer `Ref` and `Fn::GetAtt`. */
export interface Resource {
  stack: string;
  logicalId: string;
  /** The construct path of CDK's metadata (`Stack/Construct/Resource`), when the template carries it. */
  path: string | undefined;
  type: string;
  declaration: ResourceDeclaration;
  /** The resource's properties, resolved; reading them may resolve other resources. */
  readonly properties: Record<string, unknown>;
  /** `<stack>-<logical id>-<hash>`, as CloudFormation names things that have no name of their own. */
  physicalName(lengthMax?: number): string;
}

/** How a resource type answers intrinsic functions. */
export interface ResourceType {
  ref(resource: Resource): string;
  attributes: Record<string, (resource: Resource) => string>;
}

/** Where templates run: the values of the pseudo parameters. */
export interface Environment {
  region: string;
  accountId: string;
}

/** A template that cannot be hosted: an unknown type, attribute or function, or a reference that leads nowhere. */
export class TemplateError extends Error {
  override name = 'TemplateError';
}

/** AWS::NoValue: whatever holds it is left out. */
const noValue = Symbol('AWS::NoValue');

/** The resolved stacks of one app. */
export interface ResolvedApp {
  /** Every resource whose condition holds, in template order, stacks in order of dependency. */
  resources: Resource[];
  /** `<stack>.<output>` and, where no other stack has the same, `<output>` -> value. */
  outputs(): Record<string, string>;
}

/**
 * Resolves the intrinsic functions of all stacks of an app, lazily and across stacks.
 *
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
 *
 * @param localize corrects what templates spell by hand around an attribute, such as `https://` before a domain name
 * @throws TemplateError on a type in no table, and while resolving on anything that cannot be resolved.
 */
export function resolveApp(
  stacks: SynthesizedStack[],
  environment: Environment,
  typeOf: (type: string) => ResourceType,
  localize: (text: string) => string = (text) => text,
): ResolvedApp {
  const exports = new Map<string, () => unknown>();
  const importValue = (name: string) => {
    const value = exports.get(name);
    if (!value) throw new TemplateError(`No stack exports ${name}`);
    return value();
  };
  const resolvers = stacks.map(
    (stack) => new StackResolver(stack, { environment, typeOf, importValue, localize }),
  );
  for (const resolver of resolvers) resolver.addExports(exports);
  return {
    resources: resolvers.flatMap((resolver) => resolver.resources()),
    outputs: () => mergeOutputs(resolvers),
  };
}

function mergeOutputs(resolvers: StackResolver[]): Record<string, string> {
  const byName = new Map<string, string[]>();
  const merged: Record<string, string> = {};
  for (const resolver of resolvers) {
    for (const [name, value] of Object.entries(resolver.outputs())) {
      merged[`${resolver.name}.${name}`] = value;
      byName.set(name, [...(byName.get(name) ?? []), value]);
    }
  }
  for (const [name, values] of byName) if (values.length === 1) merged[name] = values[0]!;
  return merged;
}

/** What stacks share. */
interface Surroundings {
  environment: Environment;
  typeOf(type: string): ResourceType;
  importValue(name: string): unknown;
  localize(text: string): string;
}

class StackResolver {
  readonly name: string;
  readonly #template: Template;
  readonly #around: Surroundings;
  readonly #environment: Environment;
  readonly #resources = new Map<string, Resource>();

  constructor(stack: SynthesizedStack, around: Surroundings) {
    this.name = stack.name;
    this.#template = stack.template;
    this.#around = around;
    this.#environment = around.environment;
    for (const [logicalId, declaration] of Object.entries(stack.template.Resources ?? {})) {
      around.typeOf(declaration.Type);
      if (this.#holds(declaration.Condition))
        this.#resources.set(logicalId, this.#resource(logicalId, declaration));
    }
  }

  resources(): Resource[] {
    return [...this.#resources.values()];
  }

  addExports(exports: Map<string, () => unknown>): void {
    for (const [name, output] of Object.entries(this.#template.Outputs ?? {})) {
      if (!output.Export || !this.#holds(output.Condition)) continue;
      exports.set(this.#text(output.Export.Name, `export of ${name}`), () => this.resolve(output.Value));
    }
  }

  outputs(): Record<string, string> {
    const outputs = Object.entries(this.#template.Outputs ?? {}).filter(
      ([, { Export, Condition }]) => !Export && this.#holds(Condition),
    );
    return Object.fromEntries(
      outputs.map(([name, { Value }]) => [name, this.#text(Value, `output ${name}`)]),
    );
  }

  resolve(value: unknown): unknown {
    if (Array.isArray(value))
      return value.map((item) => this.resolve(item)).filter((item) => item !== noValue);
    if (typeof value !== 'object' || value === null) return value;
    const keys = Object.keys(value);
    const only = keys.length === 1 ? keys[0]! : '';
    if (only === 'Ref' || only === 'Condition' || only.startsWith('Fn::')) {
      const argument = (value as Record<string, unknown>)[only];
      // A policy statement's key "Condition" holds an object; the function's argument is a name.
      if (only !== 'Condition' || typeof argument === 'string') return this.#call(only, argument);
    }
    const entries = Object.entries(value).map(([key, item]) => [key, this.resolve(item)] as const);
    return Object.fromEntries(entries.filter(([, item]) => item !== noValue));
  }

  #call(name: string, argument: unknown): unknown {
    switch (name) {
      case 'Ref':
        return this.#ref(this.#text(argument, 'Ref'));
      case 'Condition':
        return this.#holds(String(argument));
      case 'Fn::GetAtt':
        return this.#attribute(argument);
      case 'Fn::Sub':
        return this.#sub(argument);
      case 'Fn::ImportValue':
        return this.#around.importValue(this.#text(argument, name));
      case 'Fn::If': {
        const [condition, then, otherwise] = argument as [string, unknown, unknown];
        return this.resolve(this.#holds(condition) ? then : otherwise);
      }
      default:
        return this.#callEager(name, this.resolve(argument));
    }
  }

  /** The functions that see only resolved arguments. */
  #callEager(name: string, argument: unknown): unknown {
    const list = argument as unknown[];
    switch (name) {
      case 'Fn::Join':
        return this.#around.localize(
          (list[1] as unknown[]).map((part) => this.#text(part, name)).join(String(list[0])),
        );
      case 'Fn::Split':
        return this.#text(list[1], name).split(String(list[0]));
      case 'Fn::Select': {
        const item = (list[1] as unknown[])[Number(list[0])];
        if (item === undefined)
          throw new TemplateError(`${this.name}: Fn::Select has no item ${String(list[0])}`);
        return item;
      }
      case 'Fn::FindInMap': {
        const found = this.#template.Mappings?.[String(list[0])]?.[String(list[1])]?.[String(list[2])];
        if (found === undefined) throw new TemplateError(`${this.name}: no mapping ${list.join('.')}`);
        return found;
      }
      case 'Fn::Base64':
        return Buffer.from(this.#text(argument, name)).toString('base64');
      case 'Fn::GetAZs':
        return ['a', 'b', 'c'].map((zone) => this.#environment.region + zone);
      case 'Fn::Equals':
        return JSON.stringify(list[0]) === JSON.stringify(list[1]);
      case 'Fn::And':
        return list.every(Boolean);
      case 'Fn::Or':
        return list.some(Boolean);
      case 'Fn::Not':
        return !list[0];
      default:
        throw new TemplateError(`${this.name}: the local cloud does not know the function ${name}`);
    }
  }

  #sub(argument: unknown): string {
    const [text, variables] = Array.isArray(argument)
      ? [String(argument[0]), argument[1] as Record<string, unknown>]
      : [String(argument), {}];
    const filled = text.replace(/\$\{(!?)([^}]+)\}/g, (_, literal: string, name: string) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return this.#text(variables[name], `Fn::Sub of ${name}`);
      const value = name.includes('.') ? this.#attribute(name) : this.#ref(name);
      return this.#text(value, `Fn::Sub of ${name}`);
    });
    return this.#around.localize(filled);
  }

  #ref(name: string): unknown {
    const resource = this.#resources.get(name);
    if (resource) return this.#around.typeOf(resource.type).ref(resource);
    const parameter = this.#template.Parameters?.[name];
    if (parameter?.Default !== undefined) return parameter.Default;
    switch (name) {
      case 'AWS::Region':
        return this.#environment.region;
      case 'AWS::AccountId':
        return this.#environment.accountId;
      case 'AWS::Partition':
        return 'aws';
      case 'AWS::URLSuffix':
        return 'amazonaws.com';
      case 'AWS::StackName':
        return this.name;
      case 'AWS::StackId':
        return `arn:aws:cloudformation:${this.#environment.region}:${this.#environment.accountId}:stack/${this.name}/local`;
      case 'AWS::NoValue':
        return noValue;
      default:
        throw new TemplateError(
          `${this.name}: Ref to ${name}, which is no resource and no parameter with a default`,
        );
    }
  }

  #attribute(argument: unknown): string {
    const parts = typeof argument === 'string' ? argument.split('.') : (argument as string[]);
    const [logicalId = '', ...rest] = parts.map((part) => this.#text(part, 'Fn::GetAtt'));
    const attribute = rest.join('.');
    const resource = this.#resources.get(logicalId);
    if (!resource)
      throw new TemplateError(`${this.name}: Fn::GetAtt of ${logicalId}, which is not in the template`);
    const value = this.#around.typeOf(resource.type).attributes[attribute];
    if (!value) {
      throw new TemplateError(
        `${this.name}/${logicalId} (${resource.type}): the local cloud has no attribute ${attribute}`,
      );
    }
    return value(resource);
  }

  #holds(condition: string | undefined): boolean {
    if (condition === undefined) return true;
    const expression = this.#template.Conditions?.[condition];
    if (expression === undefined) throw new TemplateError(`${this.name}: no condition ${condition}`);
    return this.resolve(expression) === true;
  }

  #text(value: unknown, where: string): string {
    const resolved = this.resolve(value);
    if (['string', 'number', 'boolean'].includes(typeof resolved)) return String(resolved);
    if (Array.isArray(resolved)) return resolved.join(',');
    throw new TemplateError(`${this.name}: ${where} is not a text`);
  }

  #resource(logicalId: string, declaration: ResourceDeclaration): Resource {
    const stack = this.name;
    const path = declaration.Metadata?.['aws:cdk:path'];
    let properties: Record<string, unknown> | undefined;
    const resolve = () => this.resolve(declaration.Properties ?? {}) as Record<string, unknown>;
    return {
      stack,
      logicalId,
      path: typeof path === 'string' ? path : undefined,
      type: declaration.Type,
      declaration,
      get properties() {
        properties ??= resolve();
        return properties;
      },
      physicalName: (lengthMax = 64) => physicalName(stack, logicalId, lengthMax),
    };
  }
}

/** Stable from run to run, so that state found on the disk still belongs to its resource. */
function physicalName(stack: string, logicalId: string, lengthMax: number): string {
  const hash = createHash('sha256').update(`${stack}/${logicalId}`).digest('hex').slice(0, 12).toUpperCase();
  return `${`${stack}-${logicalId}`.slice(0, lengthMax - hash.length - 1)}-${hash}`;
}
