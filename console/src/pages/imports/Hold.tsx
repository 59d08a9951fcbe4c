import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import { useMutation } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { Import } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { keepImport } from './importQueries.ts';

/** Why an import waits although it could have been applied by itself, and for whom. */
export function Hold({ job, hold }: { job: Import; hold: NonNullable<Import['hold']> }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const { reason, disabling, members } = hold;
  return (
    <>
      <Alert type="warning" header={t(`imports.holds.${reason}`)}>
        {t(`imports.holdTexts.${reason}`, {
          count: disabling,
          disabling: number(disabling),
          members: number(members),
        })}
      </Alert>
      {hold.secondApproval && <SecondApproval job={job} second={hold.secondApproval} />}
    </>
  );
}

type Second = NonNullable<NonNullable<Import['hold']>['secondApproval']>;

function SecondApproval({ job, second: { by, at } }: { job: Import; second: Second }) {
  const { t } = useTranslation();
  const { time } = useFormats();
  const { login } = useOrganization();
  if (by === undefined) return <Alert type="info">{t('imports.twoNeeded')}</Alert>;
  const isOwn = by === login;
  return (
    <Alert
      type="info"
      header={t(isOwn ? 'imports.secondAwaited' : 'imports.secondAsked')}
      action={job.actions.includes('withdraw') && <Withdraw job={job} />}
    >
      {t(isOwn ? 'imports.secondAwaitedText' : 'imports.secondAskedText', { name: by, time: time(at) })}
    </Alert>
  );
}

function Withdraw({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const flash = useFlash();
  const withdraw = useMutation({
    mutationFn: () =>
      answer(
        api.DELETE('/api/v1/orgs/{org}/imports/{importId}/approve', {
          params: { path: { org, importId: job.importId } },
        }),
      ),
    onSuccess: (after) => keepImport(org, after),
    onError: flash.problem,
  });
  return (
    <Button onClick={() => withdraw.mutate()} loading={withdraw.isPending}>
      {t('imports.actions.withdraw')}
    </Button>
  );
}
