import Steps, { type StepsProps } from '@cloudscape-design/components/steps';
import { useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';

/** What people see as one step, and the import's own steps that are in it. */
const stages = {
  file: ['awaiting_upload', 'unzipping'],
  columns: ['mapping'],
  check: ['validating', 'comparing'],
  review: ['review'],
  apply: ['applying'],
  result: ['done'],
} as const satisfies Record<string, readonly Import['step'][]>;
type Stage = keyof typeof stages;
const stageNames = Object.keys(stages) as Stage[];
/** What undoes another import has no file. */
const stagesOfUndo: readonly Stage[] = ['check', 'review', 'apply', 'result'];

const isWide = matchMedia('(min-width: 912px)');

/** Where an import is: the steps behind it, the present one, and those to come. */
export function ImportSteps({ job }: { job: Import }) {
  const { t } = useTranslation();
  const wide = useSyncExternalStore(
    (listener) => {
      isWide.addEventListener('change', listener);
      return () => isWide.removeEventListener('change', listener);
    },
    () => isWide.matches,
  );
  const shown = job.kind === 'undo' ? stagesOfUndo : stageNames;
  const present = shown.findIndex((stage) => (stages[stage] as readonly string[]).includes(job.step));
  const steps = shown.map((stage, index): StepsProps.Step => {
    const status: StageStatus = index < present ? 'success' : index > present ? 'not-started' : statusOf(job);
    return {
      status,
      statusIconAriaLabel: t(`imports.stageStatus.${status}`),
      header:
        index === present ? (
          <strong aria-current="step">{t(`imports.stages.${stage}`)}</strong>
        ) : (
          t(`imports.stages.${stage}`)
        ),
    };
  });
  return (
    <Steps
      steps={steps}
      orientation={wide ? 'horizontal' : 'vertical'}
      ariaLabel={t('imports.stagesLabel')}
    />
  );
}

type StageStatus = 'success' | 'not-started' | 'error' | 'stopped' | 'pending' | 'in-progress';

function statusOf({ status, waitsFor }: Import): StageStatus {
  if (status === 'complete') return 'success';
  if (status === 'error') return 'error';
  if (status === 'incomplete') return 'stopped';
  return waitsFor === undefined ? 'in-progress' : 'pending';
}
