import { beforeAll, describe, expect, inject, it } from 'vitest';
import { buildApp } from '../../infra/app.ts';
import { localContext, synthesize } from '../../infra/local/synth.ts';
import { all, importFile, newTenant, type Tenant } from '../support/cloud.ts';

/** Every route that the template declares, so that a new one is covered by being there. */
function routesOfTemplate(): [method: string, path: string][] {
  const { stacks } = synthesize(buildApp({ stage: 'dev', context: localContext }));
  return stacks
    .flatMap((stack) => Object.values(stack.template.Resources ?? {}))
    .filter(({ Type }) => Type === 'AWS::ApiGatewayV2::Route')
    .map(({ Properties }) => String(Properties?.RouteKey).split(' ') as [string, string]);
}

const routes = routesOfTemplate();
const ofOrganization = routes.filter(([, path]) => path.includes('{org}'));
const csv = 'MemberID,FirstName,LastName\n1,Ann,Able\n2,Bob,Baker\n';

const cloud = inject('cloud');
let victim: Tenant;
let intruder: Tenant;
let importId: string;

beforeAll(async () => {
  victim = await newTenant(cloud, 'Victim Club');
  intruder = await newTenant(cloud, 'Intruder Club');
  ({ importId } = await importFile(victim, 'roster.csv', csv));
});

const fill = (path: string, org: string) =>
  path
    .replace('{org}', org)
    .replace('{importId}', importId)
    .replace('{memberId}', '1')
    .replace('/api/v1', '');

describe('another organization’s token', () => {
  it('is tried on a fair number of routes', () => {
    expect(ofOrganization.length).toBeGreaterThanOrEqual(15);
  });

  it.each(ofOrganization)('%s %s answers 403 or 404', async (method, path) => {
    const options = method === 'GET' ? {} : { body: {} };
    const answer = await intruder.client.send(method, fill(path, victim.organization), options);
    expect([403, 404]).toContain(answer.status);
    expect(await answer.text()).not.toMatch(/Able|Baker|roster\.csv/);
  });

  it.each(ofOrganization.filter(([, path]) => /\{importId\}/.test(path)))(
    '%s %s does not find the other’s import under its own organization',
    async (method, path) => {
      const options = method === 'GET' ? {} : { body: {} };
      const answer = await intruder.client.send(method, fill(path, intruder.organization), options);
      expect(answer.status).toBe(404);
    },
  );

  it('finds none of the other’s members in its own roster', async () => {
    expect(await all(intruder.client.members(intruder.organization))).toEqual([]);
    const answer = await intruder.client.send(
      'GET',
      `${intruder.client.in(intruder.organization)}/members/1`,
    );
    expect(answer.status).toBe(404);
  });
});

describe('no token, or a broken one', () => {
  const closed = routes.filter(([, path]) => path.includes('{org}') || /\/me(\/|$)/.test(path));
  it.each(closed)('%s %s answers 401 or 403', async (method, path) => {
    for (const authorization of [undefined, 'Bearer x', 'Bearer a.b.c', 'Basic YTpi']) {
      const headers = authorization === undefined ? undefined : { authorization };
      const answer = await fetch(
        `${cloud.url}${path.replace('{org}', victim.organization).replace(/\{\w+\}/g, importId)}`,
        {
          method,
          ...(headers && { headers }),
        },
      );
      expect([401, 403]).toContain(answer.status);
    }
  });

  it('the victim’s roster is as it was', async () => {
    const names = (await all(victim.client.members(victim.organization))).map(({ name }) => name);
    expect(names).toEqual(['Ann Able', 'Bob Baker']);
  });
});
