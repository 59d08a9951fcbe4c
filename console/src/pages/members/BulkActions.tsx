import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { BulkInput } from '../../api/schema.ts';
import { useOrganization } from '../../session/me.ts';
import type { Selection } from './MemberTable.tsx';

const BulkConfirm = lazy(() => import('./BulkConfirm.tsx'));

export type BulkAction = BulkInput['action'];

/** What can be done to all that are ticked. */
export function BulkActions({ selection, onDone }: { selection: Selection; onDone: () => void }) {
  const { t } = useTranslation();
  const { may, level } = useOrganization();
  const [action, setAction] = useState<BulkAction>();
  const isNobody = 'members' in selection && selection.members.length === 0;
  const item = (id: BulkAction) => ({ id, text: t(`members.bulk.${id}.title`) });
  const credentials = may('members.credentials') ? [item('invite')] : [];
  // A coordinator takes nobody off the roster.
  const removal = level === 'coordinator' ? [] : [item('remove')];
  const items = [item('enable'), item('disable'), ...credentials, ...removal];
  return (
    <>
      <ButtonDropdown
        disabled={isNobody}
        items={items}
        expandToViewport
        onItemClick={({ detail }) => setAction(detail.id as BulkAction)}
      >
        {t('members.bulk.actions')}
      </ButtonDropdown>
      <Suspense>
        {action !== undefined && (
          <BulkConfirm
            action={action}
            selection={selection}
            onClose={() => setAction(undefined)}
            onStarted={() => {
              setAction(undefined);
              onDone();
            }}
          />
        )}
      </Suspense>
    </>
  );
}
