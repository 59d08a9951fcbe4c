import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import ExpandableSection from '@cloudscape-design/components/expandable-section';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Toggle from '@cloudscape-design/components/toggle';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';
import { useFormats } from '../../parts/times.ts';
import { ApproveImport } from './ApproveImport.tsx';
import { ChangesTable } from './ChangesTable.tsx';
import { Hold } from './Hold.tsx';
import { ImportCounts } from './ImportCounts.tsx';
import { countOfKind, kinds } from './kinds.ts';
import { RejectsTable } from './RejectsTable.tsx';
import { Stale } from './Stale.tsx';
import { type Selection, useSelection } from './selection.ts';

/** What the import would change, before anything is: looked at, thinned out and approved. */
export function ReviewStep({ job }: { job: Import }) {
  const { t } = useTranslation();
  const selection = useSelection(job);
  const [isAsked, setIsAsked] = useState(false);
  const mayApprove = job.actions.includes('approve');
  // What the first administrator approved stays as it is while the second one looks at it.
  const mayChoose = mayApprove && job.hold?.secondApproval?.by === undefined;
  return (
    <SpaceBetween size="l">
      {job.stale && <Stale job={job} />}
      {job.hold && <Hold job={job} hold={job.hold} />}
      <Container
        header={
          <Header
            variant="h2"
            description={t('imports.reviewText')}
            actions={
              mayApprove && (
                <Button
                  variant="primary"
                  onClick={() => setIsAsked(true)}
                  disabled={selection.kinds.length === 0}
                  loading={selection.isBusy}
                >
                  {t('imports.actions.approve')}
                </Button>
              )
            }
          >
            {t('imports.reviewTitle')}
          </Header>
        }
      >
        <SpaceBetween size="l">
          <Kinds job={job} selection={selection} isChoosable={mayChoose} />
          {selection.exclude.length > 0 && (
            <Box>{t('imports.excludedOf', { count: selection.exclude.length })}</Box>
          )}
          <Departments job={job} />
        </SpaceBetween>
      </Container>
      {selection.isFull && <Alert type="warning">{t('imports.excludedMax')}</Alert>}
      {job.counts.rejected + job.counts.kept > 0 && (
        <ExpandableSection
          variant="container"
          headerText={
            job.kind === 'undo'
              ? t('imports.keptNote', { count: job.counts.kept })
              : t('imports.rejectedNote', { count: job.counts.rejected })
          }
        >
          <RejectsTable job={job} />
        </ExpandableSection>
      )}
      <ChangesTable job={job} {...(mayChoose && { choosing: selection })} />
      <ImportCounts job={job} />
      {isAsked && <ApproveImport job={job} selection={selection} onClose={() => setIsAsked(false)} />}
    </SpaceBetween>
  );
}

function Kinds({ job, selection, isChoosable }: { job: Import; selection: Selection; isChoosable: boolean }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const present = kinds.filter((kind) => job.counts[countOfKind[kind]] > 0);
  if (present.length === 0) return <Box variant="p">{t('imports.nothingToDo')}</Box>;
  return (
    <ColumnLayout columns={Math.min(4, present.length)} minColumnWidth={170}>
      {present.map((kind) => {
        const total = job.counts[countOfKind[kind]];
        return (
          <SpaceBetween key={kind} size="xxs">
            <Box variant="h3" padding="n">
              {t(`imports.kindTitles.${kind}`)}
            </Box>
            <div className="muster-kind-count">{number(total)}</div>
            {isChoosable && present.length > 1 && (
              <Toggle
                checked={selection.kinds.includes(kind)}
                disabled={selection.kinds.length === 1 && selection.kinds.includes(kind)}
                onChange={({ detail }) => selection.setKind(kind, detail.checked)}
              >
                {t(`imports.applyKind.${kind}`)}
              </Toggle>
            )}
          </SpaceBetween>
        );
      })}
    </ColumnLayout>
  );
}

function Departments({ job: { departmentsToCreate = [], departmentsToCreateCount = 0 } }: { job: Import }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  if (departmentsToCreateCount === 0) return null;
  const others = departmentsToCreateCount - departmentsToCreate.length;
  return (
    <ExpandableSection
      headerText={t('imports.departments', {
        count: departmentsToCreateCount,
        number: number(departmentsToCreateCount),
      })}
    >
      <ul>
        {departmentsToCreate.map((path) => (
          <li key={path}>{path}</li>
        ))}
      </ul>
      {others > 0 && t('imports.otherDepartments', { number: number(others) })}
    </ExpandableSection>
  );
}
