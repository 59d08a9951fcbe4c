import Link from '@cloudscape-design/components/link';
import type { TableProps } from '@cloudscape-design/components/table';
import type { TFunction } from 'i18next';
import type { Member, RosterSchema } from '../../api/schema.ts';
import type { useFormats } from '../../parts/times.ts';
import { StateText } from './StateText.tsx';

type Formats = ReturnType<typeof useFormats>;
export interface MemberColumn extends TableProps.ColumnDefinition<Member> {
  id: string;
  header: string;
  /** Whether it is shown unless somebody chose otherwise. */
  isUsual: boolean;
}

interface ColumnContext {
  t: TFunction;
  formats: Formats;
  roleNames: ReadonlyMap<string, string>;
  onOpen: (member: Member) => void;
  actions: (member: Member) => React.ReactNode;
  /** The address that shows a member. */
  hrefOf: (member: Member) => string;
}

/** So many of the schema's columns are shown at first. */
const usualOfSchema = 6;

/** The columns of the table: what Muster knows of a member, and the roster's own columns as they were imported. */
export function memberColumns(schema: RosterSchema, context: ColumnContext): MemberColumn[] {
  const { t, formats, roleNames, onOpen, hrefOf, actions } = context;
  const own = (
    id: string,
    header: string,
    cell: (member: Member) => React.ReactNode,
    more = {},
  ): MemberColumn => ({
    id,
    header,
    cell,
    isUsual: false,
    ...more,
  });
  const usual = { isUsual: true };
  const shown = schema.columns.filter(
    ({ role }) => role !== 'state' && role !== 'firstName' && role !== 'lastName',
  );
  const isShown = (name: string) =>
    shown.findIndex((column) => column.name === name) in shown.slice(0, usualOfSchema);
  return [
    own(
      'name',
      t('members.fields.name'),
      (member) => (
        <Link
          href={hrefOf(member)}
          onFollow={(event) => {
            event.preventDefault();
            onOpen(member);
          }}
        >
          {member.name || member.externalId}
        </Link>
      ),
      { ...usual, sortingField: 'name', isRowHeader: true, width: 200 },
    ),
    own('actions', t('members.fields.actions'), actions, { ...usual, width: 110 }),
    own('state', t('members.fields.state'), (member) => <StateText member={member} />, {
      ...usual,
      sortingField: 'state',
      width: 180,
    }),
    own('username', t('members.fields.username'), ({ username }) => username ?? '', { width: 180 }),
    ...schema.columns.map(({ name }) =>
      own(`value:${name}`, name, ({ values }) => values[name] ?? '', { isUsual: isShown(name), width: 160 }),
    ),
    own('departments', t('members.fields.departments'), ({ departmentPaths }) => departmentPaths.join(', '), {
      width: 200,
    }),
    own(
      'roles',
      t('members.fields.roles'),
      ({ roles }) => roles.map((id) => roleNames.get(id) ?? id).join(', '),
      {
        width: 160,
      },
    ),
    own('lastSignIn', t('members.fields.lastSignIn'), ({ lastSignInAt }) => formats.time(lastSignInAt), {
      ...usual,
      sortingField: 'lastSignIn',
      width: 180,
    }),
    own('activated', t('members.fields.activated'), ({ activatedAt }) => formats.time(activatedAt), {
      width: 180,
    }),
    own('invited', t('members.fields.invited'), ({ invitation }) => formats.time(invitation?.sentAt), {
      width: 180,
    }),
    own('updated', t('members.fields.updated'), ({ updatedAt }) => formats.time(updatedAt), { width: 180 }),
  ];
}
