import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Multiselect from '@cloudscape-design/components/multiselect';
import Select from '@cloudscape-design/components/select';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Level } from 'roster/domain/permissions';
import { answer, api, ifMatch } from '../../api/client.ts';
import type { MemberAccount, MemberDetails } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { rereadMember, showMember, useDepartments } from './data.ts';

const levels: readonly Level[] = [
  'owner',
  'securityAdministrator',
  'administrator',
  'coordinator',
  'auditor',
  'member',
];

/** Gives another level, which holds from that person's next request on; a coordinator's is for departments. */
export function LevelForm({ member, account }: { member: MemberDetails; account: MemberAccount }) {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const departments = useDepartments().data?.items ?? [];
  const [level, setLevel] = useState<Level>();
  const [scope, setScope] = useState<readonly string[]>(account.departments ?? []);
  const { memberId, version } = member;
  const options = levels.map((value) => ({
    value,
    label: t(`members.levels.${value}`),
    description: t(`members.levelTexts.${value}`),
  }));
  const scopes = departments
    .filter(({ parent }) => parent !== undefined)
    .map(({ id, path }) => ({ value: id, label: path }));

  async function save() {
    if (level === undefined) return;
    const body = { level, ...(level === 'coordinator' && { departments: [...scope] }) };
    const call = { params: { path: { org, memberId } }, body, headers: ifMatch(version) };
    try {
      await showMember(org, await answer(api.POST('/api/v1/orgs/{org}/members/{memberId}/level', call)));
      flash.success(
        t('members.levelChanged', { name: member.name || memberId, level: t(`members.levels.${level}`) }),
      );
    } catch (error) {
      void rereadMember(org, memberId);
      throw error;
    } finally {
      setLevel(undefined);
    }
  }

  return (
    <>
      <FormField label={t('members.fields.level')}>
        <Select
          options={options}
          selectedOption={options.find(({ value }) => value === account.level) ?? null}
          onChange={({ detail }) => setLevel(detail.selectedOption.value as Level)}
        />
      </FormField>
      {level !== undefined && (
        <Confirm
          title={t('members.changeLevel', { name: member.name || memberId })}
          confirmText={t('members.save')}
          isBusy={isBusy}
          isDisabled={level === 'coordinator' && scope.length === 0}
          onConfirm={() => run(save)}
          onCancel={() => setLevel(undefined)}
        >
          <SpaceBetween size="m">
            <Box>
              <strong>{t(`members.levels.${level}`)}</strong>: {t(`members.levelTexts.${level}`)}
            </Box>
            {level === 'coordinator' && (
              <FormField label={t('members.coordinates')}>
                <Multiselect
                  filteringType="auto"
                  placeholder={t('members.choose')}
                  options={scopes}
                  selectedOptions={scopes.filter(({ value }) => scope.includes(value))}
                  onChange={({ detail }) => setScope(detail.selectedOptions.map(({ value }) => value!))}
                />
              </FormField>
            )}
          </SpaceBetween>
        </Confirm>
      )}
    </>
  );
}
