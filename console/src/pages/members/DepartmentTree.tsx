import Button from '@cloudscape-design/components/button';
import TreeView from '@cloudscape-design/components/tree-view';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Department } from '../../api/schema.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { useFormats } from '../../parts/times.ts';
import { DepartmentMenu } from './DepartmentMenu.tsx';
import { useDepartments } from './data.ts';
import './members.css';

interface DepartmentTreeProps {
  /** The id of the one that is looked at. */
  selected: string | undefined;
  onSelect: (id: string | undefined) => void;
}

/** The departments; choosing one shows its members and those below. The root is the organization: everybody. */
export function DepartmentTree({ selected, onSelect }: DepartmentTreeProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const departments = useDepartments();
  const items = departments.data?.items;
  const children = useMemo(() => childrenOf(items ?? []), [items]);
  const [toggled, setToggled] = useState<readonly string[]>(['root']);
  if (departments.isPending) return <Loading />;
  if (departments.isError) return <Failure error={departments.error} retry={departments.refetch} />;
  const expanded = new Set([...toggled, ...ancestorsOf(selected, departments.data.items)]);
  return (
    <TreeView<Department>
      ariaLabel={t('members.departments')}
      items={departments.data.items.filter(({ parent }) => parent === undefined)}
      getItemId={({ id }) => id}
      getItemChildren={({ id }) => children.get(id)}
      expandedItems={[...expanded]}
      onItemToggle={({ detail }) =>
        setToggled((before) =>
          detail.expanded ? [...before, detail.id] : before.filter((id) => id !== detail.id),
        )
      }
      i18nStrings={{
        expandButtonLabel: ({ name }) => t('members.expand', { name }),
        collapseButtonLabel: ({ name }) => t('members.collapse', { name }),
      }}
      renderItem={(department) => {
        const { id, name, parent, members } = department;
        const isSelected = parent === undefined ? selected === undefined : selected === id;
        return {
          content: (
            // One of the library's own is reached by the arrow keys too.
            <Button
              variant="inline-link"
              wrapText
              nativeButtonAttributes={{ 'aria-current': isSelected }}
              onClick={() => onSelect(parent === undefined ? undefined : id)}
            >
              <span className={isSelected ? 'department-selected' : 'department'}>{name}</span>
              {members !== undefined && members > 0 && (
                <span className="department-count"> {formats.number(members)}</span>
              )}
            </Button>
          ),
          announcementLabel: name,
          actions: <DepartmentMenu department={department} />,
        };
      }}
    />
  );
}

function childrenOf(departments: readonly Department[]): ReadonlyMap<string, Department[]> {
  const children = new Map<string, Department[]>();
  for (const department of departments) {
    if (department.parent === undefined) continue;
    const siblings = children.get(department.parent);
    if (siblings) siblings.push(department);
    else children.set(department.parent, [department]);
  }
  return children;
}

/** Those above a department, so that the one in the address shows. */
function ancestorsOf(id: string | undefined, departments: readonly Department[]): string[] {
  const parent = departments.find((department) => department.id === id)?.parent;
  return parent === undefined ? [] : [parent, ...ancestorsOf(parent, departments)];
}
