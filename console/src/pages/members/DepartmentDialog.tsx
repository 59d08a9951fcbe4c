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
  if (act === 'delete') return <DeleteDepartment {...props} />;
  if (act === 'move') return <MoveDepartment {...props} />;
  return <NameDepartment act={act} {...props} />;
}

function NameDepartment({
  act,
  department,
  onClose,
}: DialogProps & { act: Exclude<DepartmentAct, 'move' | 'delete'> }) {
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

/** With all that is below it. */
function MoveDepartment({ department, onClose }: DialogProps) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const others = useOtherDepartments(department);
  const [parent, setParent] = useState(department.parent);
  const { id, version } = department;

  async function move() {
    const params = { path: { org, departmentId: id } };
    const path = '/api/v1/orgs/{org}/departments/{departmentId}' as const;
    const body = parent === undefined ? {} : { parent };
    await answer(api.PATCH(path, { params, body, headers: ifMatch(version) }));
    await rereadMembers(org);
    onClose();
  }

  return (
    <Confirm
      title={`${t('members.department.move')}: ${department.name}`}
      confirmText={t('members.department.move')}
      isBusy={isBusy}
      isDisabled={parent === department.parent}
      onConfirm={() => run(move)}
      onCancel={onClose}
    >
      <DepartmentChoice
        label={t('members.department.below')}
        among={others}
        chosen={parent}
        onChange={setParent}
      />
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
  const { id, members = 0, version } = department;
  const isEmpty = members === 0 && !departments.some(({ parent }) => parent === id);
  const others = useOtherDepartments(department);

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
          <DepartmentChoice
            label={t('members.department.heir')}
            among={others}
            chosen={heir}
            onChange={setHeir}
          />
        </>
      )}
    </Confirm>
  );
}

/** Those that are neither a department nor below it. */
function useOtherDepartments({ id, path }: Department): readonly Department[] {
  const departments = useDepartments().data?.items ?? [];
  return departments.filter((one) => one.id !== id && !one.path.startsWith(`${path} / `));
}

interface ChoiceProps {
  label: string;
  among: readonly Department[];
  chosen: string | undefined;
  onChange: (id: string | undefined) => void;
}

function DepartmentChoice({ label, among, chosen, onChange }: ChoiceProps) {
  const { t } = useTranslation();
  return (
    <FormField label={label}>
      <Select
        filteringType="auto"
        placeholder={t('members.choose')}
        selectedOption={optionOf(among.find(({ id }) => id === chosen))}
        options={among.map((one) => optionOf(one)!)}
        onChange={({ detail }) => onChange(detail.selectedOption.value)}
      />
    </FormField>
  );
}

function optionOf(department: Department | undefined) {
  return department ? { value: department.id, label: department.path || department.name } : null;
}
