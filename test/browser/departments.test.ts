/** Departments, who coordinates them, and who takes over: each sees and may do what the level says. */
import type { Locator, Page } from 'playwright-core';
import type { Column } from 'roster/domain/schema';
import { beforeAll, expect, it } from 'vitest';
import { expectAccessible, signIn, stories } from '../support/browsing.ts';
import { importFile, newTenant, type Tenant } from '../support/cloud.ts';
import { arrowTo, choose, press, pressUntil, tabTo, type, waitForFocus } from '../support/keyboard.ts';
import { type Ask, asking, ownPassword, person } from '../support/people.ts';

const columns: Column[] = [
  { name: 'ID', type: 'text', role: 'externalId', required: true },
  { name: 'Name', type: 'text', role: 'fullName' },
  { name: 'Team', type: 'text', role: 'department', createDepartments: true },
];
const file = [
  'ID,Name,Team',
  'n1,Nora North,North',
  'p1,Pia Pole,North / Pole',
  's1,Sue South,South',
  's2,Sam South,South',
].join('\n');

/** Goes to something of the tree: by Tab into it, up and down to the department, and along its parts. */
async function goTo(page: Page, there: Locator): Promise<void> {
  await there.waitFor();
  await tabTo(page, page.getByRole('tree', { name: 'Departments' }));
  // From within a department the first press leads to its beginning.
  for (const key of ['Home', 'Home']) await page.keyboard.press(key);
  await pressUntil(page, 'ArrowDown', () =>
    there.evaluate((one) => {
      const rowOf = (element: Element | null) => element?.closest('[role=treeitem]');
      return rowOf(one) === rowOf(document.activeElement);
    }),
  );
  await arrowTo(page, there, 'ArrowRight');
}

stories('departments', (browsing) => {
  let club: Tenant;
  let ask: Ask;
  let list: string;
  let idOf: (path: string) => Promise<string>;
  beforeAll(async () => {
    const { cloud } = browsing;
    club = await newTenant(cloud, 'Compass Club', columns);
    ask = asking(club.client, club.organization);
    list = `/orgs/${club.organization}/members`;
    expect(await importFile(club, 'roster.csv', file)).toMatchObject({ status: 'complete' });
    const departments = async () => (await ask('GET', '/departments')).body.items;
    idOf = async (path) => (await departments()).find((one: { path: string }) => one.path === path).id;
  });
  const paths = async () =>
    (await ask('GET', '/departments')).body.items.map(({ path }: { path: string }) => path).filter(Boolean);

  it('are added, renamed, moved and deleted by keyboard alone, and the tree shows it', async () => {
    const page = await browsing.open({ refusals: [409] });
    await signIn(page, club, list);
    const dialog = page.getByRole('dialog');
    const act = async (department: string, name: string) => {
      const menu = page.getByRole('button', { name: `What to do with ${department}`, exact: true });
      await goTo(page, menu);
      await choose(page, menu, page.getByRole('menuitem', { name, exact: true }));
      await dialog.waitFor();
    };
    await act('Compass Club', 'Add below');
    await type(page, dialog.getByLabel('Name of the department'), ' south ');
    await press(page, dialog.getByRole('button', { name: 'Save' }));
    // The dialog stays, and says what is wrong with the name.
    await dialog.getByRole('alert').waitFor();
    await expectAccessible(page);
    await type(page, dialog.getByLabel('Name of the department'), 'East');
    await press(page, dialog.getByRole('button', { name: 'Save' }));
    await page.getByRole('button', { name: 'East', exact: true }).waitFor();
    await waitForFocus(page.getByRole('button', { name: 'What to do with Compass Club' }));

    await act('East', 'Add beside');
    await type(page, dialog.getByLabel('Name of the department'), 'West');
    await press(page, dialog.getByRole('button', { name: 'Save' }));
    await act('West', 'Rename');
    await type(page, dialog.getByLabel('Name of the department'), 'Far West');
    await press(page, dialog.getByRole('button', { name: 'Save' }));
    await act('Far West', 'Move');
    await choose(
      page,
      dialog.getByLabel('Below which department'),
      page.getByRole('option', { name: 'East' }),
    );
    await press(page, dialog.getByRole('button', { name: 'Move' }));
    await page.getByRole('button', { name: 'Far West', exact: true }).waitFor({ state: 'detached' });
    expect(await paths()).toEqual(['East', 'East / Far West', 'North', 'North / Pole', 'South']);

    await act('East', 'Delete');
    await dialog.getByText('there are departments below').waitFor();
    await choose(page, dialog.getByLabel('Who takes them over'), page.getByRole('option', { name: 'South' }));
    await press(page, dialog.getByRole('button', { name: 'Delete' }));
    await page.getByRole('button', { name: 'East', exact: true }).waitFor({ state: 'detached' });
    await waitForFocus(page.getByRole('heading', { level: 1 }));
    expect(await paths()).toEqual(['North', 'North / Pole', 'South', 'South / Far West']);
  });

  it('show their members at a key, and lead with the arrows from one to the next', async () => {
    const page = await browsing.open();
    await signIn(page, club, list);
    await goTo(page, page.getByRole('button', { name: 'Show what is below North' }));
    await page.keyboard.press('Enter');
    await goTo(page, page.getByRole('button', { name: 'Pole 1', exact: true }));
    await page.keyboard.press('Enter');
    await page.waitForURL(/department=/);
    await page.getByRole('link', { name: 'Pia Pole' }).waitFor();
    await page.getByRole('link', { name: 'Sue South' }).waitFor({ state: 'detached' });
  });

  it('show a coordinator the own ones only, and nothing that the level denies', async () => {
    const [north, south] = [await idOf('North'), await idOf('South')];
    await person(browsing.cloud.url, club, 'lead', { level: 'coordinator', scope: [north] });
    const page = await browsing.open({ refusals: [404] });
    await signIn(page, { ...club, login: 'lead', password: ownPassword }, list);
    await page.getByRole('link', { name: 'Pia Pole' }).waitFor();
    await page.getByRole('link', { name: 'Nora North' }).waitFor();
    expect(
      await page
        .getByText('South', { exact: false })
        .filter({ hasText: /Sue|Sam/ })
        .count(),
    ).toBe(0);
    const pages = page.getByRole('navigation', { name: 'Pages' });
    await pages.getByRole('link', { name: 'Invitations' }).waitFor();
    for (const name of ['Imports', 'Settings', 'Audit log', 'Advanced'])
      expect(await pages.getByRole('link', { name }).count(), name).toBe(0);
    expect(await page.getByRole('button', { name: /^What to do with/ }).count()).toBe(0);
    expect(await page.getByRole('link', { name: 'Import member roster' }).count()).toBe(0);
    await press(page, page.getByRole('checkbox', { name: 'Select this page' }), 'Space');
    await press(page, page.getByRole('button', { name: 'Actions', exact: true }).first());
    await page.getByRole('menuitem', { name: 'Disable' }).waitFor();
    expect(await page.getByRole('menuitem', { name: 'Remove' }).count()).toBe(0);
    await page.keyboard.press('Escape');
    await expectAccessible(page);

    await page.getByRole('link', { name: 'Nora North' }).click();
    await page.getByRole('heading', { level: 2, name: 'Nora North' }).waitFor();
    await page.getByRole('button', { name: 'Edit' }).waitFor();
    expect(await page.getByRole('button', { name: 'Remove', exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'Departments Choose' }).click();
    await page.getByRole('option', { name: 'North / Pole' }).waitFor();
    expect(await page.getByRole('option', { name: 'South' }).count()).toBe(0);

    for (const path of ['imports', 'imports/new', 'settings', 'audit', 'advanced']) {
      await page.goto(`/orgs/${club.organization}/${path}`);
      await page.getByText('Your level in this organization does not allow this page.').waitFor();
    }
    await page.goto(`${list}?member=s1`);
    await page
      .getByRole('complementary')
      .or(page.locator('[class*=drawer]'))
      .getByText(/could not be loaded/)
      .first()
      .waitFor();
    await page.goto(`${list}?department=${south}`);
    await page.getByText('Nobody matches').first().waitFor();
  });

  it('get another coordinator by the level, and who leaves hands them over', async () => {
    const { url } = browsing.cloud;
    await person(url, club, 'leaver', { level: 'coordinator', scope: [await idOf('South')] });
    await person(url, club, 'heir');
    const page = await browsing.open({ refusals: [422] });
    await signIn(page, club, `${list}?member=heir&q=heir`);
    const dialog = page.getByRole('dialog');
    await choose(
      page,
      page.getByRole('button', { name: /^Level/ }),
      page.getByRole('option', { name: /^Coordinator/ }),
    );
    await dialog.getByText('sees and changes the members of some departments').waitFor();
    await choose(
      page,
      dialog.getByRole('button', { name: /^For these departments/ }),
      page.getByRole('option', { name: 'North', exact: true }),
    );
    await page.keyboard.press('Escape');
    await press(page, dialog.getByRole('button', { name: 'Save' }));
    await page.getByText('has the level Coordinator').first().waitFor();

    await page.goto(`${list}?member=leaver&q=leaver`);
    await press(page, page.getByRole('button', { name: 'Remove', exact: true }));
    await dialog.getByText('Leads the department: South').waitFor();
    await expectAccessible(page);
    const heir = dialog.getByLabel('Who takes over');
    const confirm = dialog.getByRole('button', { name: 'Remove', exact: true });
    await type(page, heir, 'heir');
    expect(await confirm.isDisabled()).toBe(true);
    await arrowTo(page, page.getByRole('option', { name: /heir/ }).last());
    await page.keyboard.press('Enter');
    await press(page, confirm);
    await page.getByText('leaver was removed.').first().waitFor();
    await page.getByText('Nobody matches').first().waitFor();
    await waitForFocus(page.getByRole('heading', { level: 1 }));
    const { body } = await ask('GET', '/members/heir');
    expect(body.account.departments).toEqual([await idOf('North'), await idOf('South')]);
  });
});
