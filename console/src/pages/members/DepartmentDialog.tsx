import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import Select from '@cloudscape-design/components/select';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, ifMatch } from '../../api/client.ts';
import type { Department } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import type { DepartmentAct } from './DepartmentMenu.tsx';
import { rereadMembers, useDepartments } from './data.ts';

interface DialogProps {
  department: Department;
  onClose: () => void;
}

/** Asks what an act on a department needs to know, and does it. */
export default function DepartmentDialog({ act, ...props }: DialogProps & { act: DepartmentAct }) {
  return act === 'delete' ? <DeleteDepartment {...props} /> : <NameDepartment act={act} {...props} />;
}

function NameDepartment({
  act,
  department,
  onClose,
}: DialogProps & { act: Exclude<DepartmentAct, 'delete'> }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const [name, setName] = useState(act === 'rename' ? department.name : '');
  const { id, parent, version } = department;

  async function save() {
    const path = '/api/v1/orgs/{org}/departments' as const;
    if (act === 'rename') {
      const params = { path: { org, departmentId: id } };
      await answer(
        api.PATCH(`${path}/{departmentId}`, { params, body: { name }, headers: ifMatch(version) }),
      );
    } else {
      const body = { name, parent: act === 'addBelow' ? id : (parent ?? id) };
      await answer(api.POST(path, { params: { path: { org } }, body }));
    }
    await rereadMembers(org);
    onClose();
  }

  return (
    <Confirm
      title={`${t(`members.department.${act}`)}: ${department.name}`}
      confirmText={t('members.save')}
      isBusy={isBusy}
      isDisabled={name.trim() === ''}
      onConfirm={() => run(save)}
      onCancel={onClose}
    >
      <FormField label={t('members.department.name')}>
        <Input value={name} onChange={({ detail }) => setName(detail.value)} autoFocus autoComplete={false} />
      </FormField>
    </Confirm>
  );
}

/** One that has members or departments is handed over to another one. */
function DeleteDepartment({ department, onClose }: DialogProps) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const departments = useDepartments().data?.items ?? [];
  const [heir, setHeir] = useState<string>();
  const { id, path, members = 0, version } = department;
  const isEmpty = members === 0 && !departments.some(({ parent }) => parent === id);
  const others = departments.filter((one) => one.id !== id && !one.path.startsWith(`${path} / `));

  async function remove() {
    const params = { path: { org, departmentId: id }, query: heir === undefined ? {} : { transferTo: heir } };
    const path = '/api/v1/orgs/{org}/departments/{departmentId}' as const;
    await answer(api.DELETE(path, { params, headers: ifMatch(version) }));
    await rereadMembers(org);
    onClose();
  }

  return (
    <Confirm
      title={`${t('members.department.delete')}: ${department.name}`}
      confirmText={t('members.department.delete')}
      isBusy={isBusy}
      isDisabled={!isEmpty && heir === undefined}
      onConfirm={() => run(remove)}
      onCancel={onClose}
    >
      {isEmpty ? (
        <Box>{t('members.department.isEmpty')}</Box>
      ) : (
        <>
          <Alert type="warning">{t('members.department.isNotEmpty', { count: members })}</Alert>
          <FormField label={t('members.department.heir')}>
            <Select
              filteringType="auto"
              placeholder={t('members.choose')}
              selectedOption={optionOf(others.find((one) => one.id === heir))}
              options={others.map((one) => optionOf(one)!)}
              onChange={({ detail }) => setHeir(detail.selectedOption.value)}
            />
          </FormField>
        </>
      )}
    </Confirm>
  );
}

function optionOf(department: Department | undefined) {
  return department ? { value: department.id, label: department.path || department.name } : null;
}
