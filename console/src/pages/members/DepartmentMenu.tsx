import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Department } from '../../api/schema.ts';
import { useOrganization } from '../../session/me.ts';

const DepartmentDialog = lazy(() => import('./DepartmentDialog.tsx'));

export type DepartmentAct = 'addBelow' | 'addBeside' | 'rename' | 'move' | 'delete';

/** What can be done to a department of the tree (S3.1 to S3.3). */
export function DepartmentMenu({ department }: { department: Department }) {
  const { t } = useTranslation();
  const { may } = useOrganization();
  const [act, setAct] = useState<DepartmentAct>();
  const isRoot = department.parent === undefined;
  const mayWrite = may('departments.write');
  if (!mayWrite) return null;
  const acts: DepartmentAct[] = isRoot
    ? ['addBelow', ...(may('organization.rename') ? (['rename'] as const) : [])]
    : ['addBelow', 'addBeside', 'rename', 'move', 'delete'];
  const close = () => setAct(undefined);
  return (
    <>
      <ButtonDropdown
        variant="inline-icon"
        expandToViewport
        ariaLabel={t('members.department.menu', { name: department.name })}
        items={acts.map((id) => ({ id, text: t(`members.department.${id}`) }))}
        onItemClick={({ detail }) => setAct(detail.id as DepartmentAct)}
      />
      <Suspense>
        {act !== undefined && <DepartmentDialog act={act} department={department} onClose={close} />}
      </Suspense>
    </>
  );
}
