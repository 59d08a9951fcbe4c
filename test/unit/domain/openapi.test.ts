import { describe, expect, it } from 'vitest';
import layer from '../../../layers/roster/package.json' with { type: 'json' };
import { openApiDocument } from '../../../layers/roster/src/domain/openapi.ts';
import { version } from '../../../layers/roster/src/domain/version.ts';

type Json = { [name: string]: Json } & { $ref?: string };
const document = JSON.parse(JSON.stringify(openApiDocument())) as unknown as Json & { openapi: string };

/** Every `$ref` in a document. */
function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([name, value]) =>
    name === '$ref' && typeof value === 'string' ? [value] : references(value),
  );
}

describe('the OpenAPI document', () => {
  it('is of version 3.1 and tells the version of the package', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(version).toBe(layer.version);
  });

  it('describes the calls of the contract (design, section 6)', () => {
    const contract: [string, string[]][] = [
      ['/api/v1/sessions', ['post', 'delete']],
      ['/api/v1/sessions/challenge', ['post']],
      ['/api/v1/sessions/refresh', ['post']],
      ['/api/v1/me', ['get']],
      ['/api/v1/orgs/{org}', ['get', 'patch']],
      ['/api/v1/orgs/{org}/schema', ['get', 'put']],
      ['/api/v1/orgs/{org}/schema/template', ['get']],
      ['/api/v1/orgs/{org}/members', ['get']],
      ['/api/v1/orgs/{org}/members/summary', ['get']],
      ['/config.json', ['get']],
      ['/api/v1/openapi.json', ['get']],
    ];
    for (const [path, methods] of contract) {
      expect(Object.keys(document.paths?.[path] ?? {}), path).toEqual(expect.arrayContaining(methods));
    }
  });

  it('resolves all references', () => {
    const all = new Set(references(document));
    expect(all.size).toBeGreaterThan(15);
    for (const reference of all) {
      const name = /^#\/components\/schemas\/(.+)$/.exec(reference)?.[1];
      expect(document.components?.schemas, reference).toHaveProperty([name ?? 'not a schema']);
    }
  });

  it('names every parameter of a path and has ids that are unique', () => {
    const ids: unknown[] = [];
    for (const [path, item] of Object.entries(document.paths ?? {})) {
      for (const operation of Object.values(item) as Json[]) {
        ids.push(operation.operationId);
        const parameters = (operation.parameters ?? []) as unknown as { in: string; name: string }[];
        const named = parameters.filter((one) => one.in === 'path').map(({ name }) => `{${name}}`);
        expect(named.sort(), path).toEqual((path.match(/\{\w+\}/g) ?? []).sort());
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('asks for a token but where anybody may call', () => {
    const secured = (path: string, method: string) => document.paths?.[path]?.[method]?.security;
    expect(secured('/api/v1/sessions', 'post')).toEqual([]);
    expect(secured('/api/v1/sessions', 'delete')).toEqual([{ accessToken: [] }]);
    expect(secured('/api/v1/orgs/{org}/members', 'get')).toEqual([{ accessToken: [] }]);
  });
});
