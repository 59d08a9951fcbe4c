import Alert from '@cloudscape-design/components/alert';
import Autosuggest from '@cloudscape-design/components/autosuggest';
import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, ifMatch } from '../../api/client.ts';
import type { MemberDetails, RemovalPreview } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { forgetMember, useMemberList } from './data.ts';

interface RemoveMemberProps {
  member: MemberDetails;
  onCancel: () => void;
  onRemoved: () => void;
}

/** Removes a member (S3.24 to S3.26); who takes over what it is responsible for is asked where there is something. */
export function RemoveMember({ member, onCancel, onRemoved }: RemoveMemberProps) {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const [heir, setHeir] = useState<string>();
  const { memberId, version } = member;
  const name = member.name || member.externalId;
  const params = { path: { org, memberId } };
  const preview = useQuery({
    queryKey: [org, 'members', 'removal', memberId],
    queryFn: () => answer(api.GET('/api/v1/orgs/{org}/members/{memberId}/removal', { params })),
    gcTime: 0,
  });
  const isHeirNeeded = preview.data?.immediate === false;

  async function remove() {
    const query = heir === undefined ? {} : { transferTo: heir };
    const call = { params: { ...params, query }, headers: ifMatch(version) };
    await answer(api.DELETE('/api/v1/orgs/{org}/members/{memberId}', call));
    flash.success(t('members.remove.done', { name }));
    onRemoved();
    forgetMember(org, memberId);
  }

  return (
    <Confirm
      title={t('members.remove.one', { name })}
      confirmText={t('members.remove.title')}
      isBusy={isBusy}
      isDisabled={preview.data === undefined || (isHeirNeeded && heir === undefined)}
      onConfirm={() => run(remove)}
      onCancel={onCancel}
    >
      <Box>{t('members.remove.text')}</Box>
      {preview.isPending && <Loading />}
      {preview.isError && <Failure error={preview.error} retry={preview.refetch} />}
      {preview.data && isHeirNeeded && (
        <>
          <Alert type="warning" header={t('members.remove.responsible')}>
            <Responsibilities preview={preview.data} />
          </Alert>
          <Heir except={memberId} onChoose={setHeir} />
        </>
      )}
    </Confirm>
  );
}

function Responsibilities({ preview: { responsibilities } }: { preview: RemovalPreview }) {
  const { t } = useTranslation();
  return (
    <ul>
      {responsibilities.departments.map(({ id, path }) => (
        <li key={id}>
          {t('members.remove.department')}: {path}
        </li>
      ))}
      {responsibilities.imports.map(({ importId, fileName }) => (
        <li key={importId}>
          {t('members.remove.import')}: {fileName}
        </li>
      ))}
    </ul>
  );
}

/** Finds the member who takes over. */
function Heir({ except, onChoose }: { except: string; onChoose: (memberId: string | undefined) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const q = useDeferredValue(text.trim());
  const list = useMemberList({ filter: { status: ['enabled'], ...(q && { q }) }, sort: 'name', limit: 20 });
  const members = (list.data?.items ?? []).filter(({ memberId }) => memberId !== except);
  return (
    <FormField label={t('members.remove.heir')}>
      <Autosuggest
        value={text}
        filteringType="manual"
        statusType={list.isFetching ? 'loading' : 'finished'}
        enteredTextLabel={(value) => value}
        options={members.map(({ memberId, name, username }) => ({
          value: memberId,
          label: name || memberId,
          ...(username && { description: username }),
        }))}
        onChange={({ detail }) => {
          setText(detail.value);
          onChoose(undefined);
        }}
        onSelect={({ detail }) => {
          const chosen = members.find(({ memberId }) => memberId === detail.selectedOption?.value);
          if (chosen === undefined) return;
          setText(chosen.name || chosen.memberId);
          onChoose(chosen.memberId);
        }}
      />
    </FormField>
  );
}
