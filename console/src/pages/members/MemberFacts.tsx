import ExpandableSection from '@cloudscape-design/components/expandable-section';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { MemberDetails } from '../../api/schema.ts';
import { useFormats } from '../../parts/times.ts';
import { useRoles, useSchema } from './data.ts';
import { StateText } from './StateText.tsx';

/** Every field of S3.20, and the roster's own as they were imported. */
export function MemberFacts({ member }: { member: MemberDetails }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const columns = useSchema().data?.columns ?? [];
  const roles = useRoles().data?.items ?? [];
  const { account, invitation, values } = member;
  const fact = (label: string, value: ReactNode) => ({ label, value: value || '–' });
  /** What not everybody has is shown of those who have it. */
  const known = (label: string, value: string | undefined) => (value ? [{ label, value }] : []);
  const roleNames = member.roles.map((id) => roles.find((role) => role.id === id)?.name ?? id);
  return (
    <SpaceBetween size="m">
      <KeyValuePairs
        columns={2}
        items={[
          fact(t('members.fields.state'), <StateText member={member} />),
          fact(t('members.fields.externalId'), member.externalId),
          fact(t('members.fields.email'), member.email),
          fact(t('members.fields.phone'), member.phone),
          fact(t('members.fields.departments'), <Lines lines={member.departmentPaths} />),
          fact(t('members.fields.roles'), roleNames.join(', ')),
          fact(t('members.fields.username'), account?.username ?? member.username),
          fact(t('members.fields.level'), account && t(`members.levels.${account.level}`)),
          fact(t('members.fields.activated'), formats.time(account?.activatedAt ?? member.activatedAt)),
          fact(t('members.fields.lastSignIn'), formats.time(account?.lastSignInAt ?? member.lastSignInAt)),
          fact(t('members.fields.createdBy'), member.createdBy),
          fact(t('members.fields.invitedTo'), invitation?.to),
          fact(t('members.fields.created'), formats.time(member.createdAt)),
          fact(t('members.fields.updated'), formats.time(member.updatedAt)),
          ...known(t('members.fields.signInEmail'), account?.email),
          ...known(t('members.fields.signInPhone'), account?.phone),
          ...known(t('members.fields.invited'), formats.time(invitation?.sentAt)),
          ...known(t('members.fields.invitedUntil'), formats.time(invitation?.validUntil)),
          ...known(t('members.fields.rounds'), invitation && formats.number(invitation.rounds)),
          ...known(t('members.fields.activeFrom'), formats.date(member.activeFrom)),
          ...known(t('members.fields.activeUntil'), formats.date(member.activeUntil)),
        ]}
      />
      <ExpandableSection headerText={t('members.asImported')} defaultExpanded>
        <KeyValuePairs columns={2} items={columns.map(({ name }) => fact(name, values[name]))} />
      </ExpandableSection>
    </SpaceBetween>
  );
}

function Lines({ lines }: { lines: readonly string[] }) {
  if (lines.length === 0) return '–';
  return lines.map((line) => <div key={line}>{line}</div>);
}
