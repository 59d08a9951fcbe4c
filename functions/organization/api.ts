import { checkSchema } from 'roster/domain/schema';
import { sampleRoster } from 'roster/domain/template';
import { type Deps, deps } from 'roster/lambda/deps';
import { type HttpHandlers, httpFunction, requireVersion } from 'roster/lambda/http';
import { templateFile } from 'roster/lambda/template';

const handlers: HttpHandlers<'organization', Deps> = {
  async getOrganization({ params }, { organizations }) {
    const body = await organizations.get(params.org);
    return { status: 200, version: body.version, body };
  },

  async updateOrganization({ params, body: patch, ifMatch }, { organizations, clock }) {
    const current = await organizations.get(params.org);
    requireVersion(ifMatch, current.version);
    const body = await organizations.update(current, { ...patch, updatedAt: clock().toISOString() });
    return { status: 200, version: body.version, body };
  },

  async getSchema({ params }, { organizations }) {
    const body = await organizations.schema(params.org);
    return { status: 200, version: body.version, body };
  },

  // The body's own version is not compared, so that a schema read from one organization can be given to another.
  async putSchema({ params, body: { columns }, ifMatch }, { organizations }) {
    checkSchema(columns);
    const current = await organizations.get(params.org);
    requireVersion(ifMatch, current.schemaVersion);
    const body = await organizations.putSchema(current, columns);
    return { status: 200, version: body.version, body };
  },

  async getSchemaTemplate({ params, query }, { organizations }) {
    const { columns } = await organizations.schema(params.org);
    return { status: 200, file: await templateFile(sampleRoster(columns), query.format) };
  },
};

/** An organization's settings and roster schema. */
export const handler = httpFunction('organization', handlers, deps);
