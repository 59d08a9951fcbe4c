import Button from '@cloudscape-design/components/button';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, ifMatch } from '../../api/client.ts';
import type { Role } from '../../api/schema.ts';
import { queries } from '../../app/queries.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { Page } from '../../parts/Page.tsx';
import { Empty, Failure } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { useRoles } from '../members/data.ts';

type Act = { kind: 'add' } | { kind: 'rename' | 'delete'; role: Role };

/** The roles that members can have. */
export default function RolesPage() {
  const { t } = useTranslation();
  const formats = useFormats();
  const { may } = useOrganization();
  const roles = useRoles();
  const [act, setAct] = useState<Act>();
  const mayWrite = may('departments.write');
  if (roles.isError) return <Failure error={roles.error} retry={roles.refetch} />;
  const button = (kind: 'rename' | 'delete', role: Role) => (
    <Button
      variant="inline-link"
      ariaLabel={t(`organization.roles.${kind}Of`, { name: role.name })}
      onClick={() => setAct({ kind, role })}
    >
      {t(`organization.roles.${kind}`)}
    </Button>
  );
  return (
    <Page
      title={t('organization.roles.title')}
      description={t('organization.roles.about')}
      actions={
        mayWrite && (
          <Button variant="primary" onClick={() => setAct({ kind: 'add' })}>
            {t('organization.roles.add')}
          </Button>
        )
      }
    >
      <Table<Role>
        items={roles.data?.items ?? []}
        loading={roles.isPending}
        loadingText={t('shell.loading')}
        trackBy="id"
        ariaLabels={{ tableLabel: t('organization.roles.title') }}
        empty={<Empty title={t('organization.roles.none')} />}
        columnDefinitions={[
          { id: 'name', header: t('members.fields.name'), isRowHeader: true, cell: ({ name }) => name },
          {
            id: 'members',
            header: t('members.title'),
            cell: ({ members }) => (members === undefined ? '–' : formats.number(members)),
          },
          {
            id: 'actions',
            header: t('members.fields.actions'),
            cell: (role) =>
              mayWrite && (
                <SpaceBetween direction="horizontal" size="s">
                  {button('rename', role)}
                  {button('delete', role)}
                </SpaceBetween>
              ),
          },
        ]}
      />
      {act?.kind === 'delete' && <DeleteRole role={act.role} onClose={() => setAct(undefined)} />}
      {(act?.kind === 'add' || act?.kind === 'rename') && (
        <NameRole {...(act.kind === 'rename' && { role: act.role })} onClose={() => setAct(undefined)} />
      )}
    </Page>
  );
}

function useRoleAction(onClose: () => void) {
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const act = (work: () => Promise<unknown>) =>
    run(async () => {
      await work();
      onClose();
      await queries.invalidateQueries({ queryKey: [org, 'roles'] });
    });
  return { isBusy, act };
}

function NameRole({ role, onClose }: { role?: Role; onClose: () => void }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { isBusy, act } = useRoleAction(onClose);
  const [name, setName] = useState(role?.name ?? '');
  const body = { name: name.trim() };
  const save = () => {
    if (role === undefined) return api.POST('/api/v1/orgs/{org}/roles', { params: { path: { org } }, body });
    const params = { path: { org, roleId: role.id } };
    const headers = ifMatch(role.version);
    return api.PATCH('/api/v1/orgs/{org}/roles/{roleId}', { params, body, headers });
  };
  return (
    <Confirm
      title={
        role === undefined
          ? t('organization.roles.add')
          : t('organization.roles.renameOf', { name: role.name })
      }
      confirmText={t('members.save')}
      isBusy={isBusy}
      isDisabled={body.name === ''}
      onConfirm={() => act(() => answer(save()))}
      onCancel={onClose}
    >
      <FormField label={t('members.fields.name')}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} />
      </FormField>
    </Confirm>
  );
}

function DeleteRole({ role, onClose }: { role: Role; onClose: () => void }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { isBusy, act } = useRoleAction(onClose);
  const params = { path: { org, roleId: role.id } };
  const headers = ifMatch(role.version);
  return (
    <Confirm
      title={t('organization.roles.deleteOf', { name: role.name })}
      confirmText={t('organization.roles.delete')}
      isBusy={isBusy}
      onConfirm={() =>
        act(() => answer(api.DELETE('/api/v1/orgs/{org}/roles/{roleId}', { params, headers })))
      }
      onCancel={onClose}
    >
      {t('organization.roles.deleteText')}
    </Confirm>
  );
}
