import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChainVerdict } from 'roster/domain/audit';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { Secret } from '../../parts/Secret.tsx';
import { useFormats } from '../../parts/times.ts';
import { useOrganization } from '../../session/me.ts';
import { verifyAudit } from './auditChain.ts';

const hashForm = /^[0-9a-f]{64}$/;

/** Reads the whole log and tells whether an entry was deleted, edited, inserted or moved. */
export function VerifyAudit({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const flash = useFlash();
  const formats = useFormats();
  const { org } = useOrganization();
  const [anchor, setAnchor] = useState('');
  const [read, setRead] = useState<number>();
  const [verdict, setVerdict] = useState<ChainVerdict>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const hash = anchor.trim().toLowerCase();
  const isHash = hash === '' || hashForm.test(hash);

  async function verify() {
    const control = new AbortController();
    stop.current = control;
    setVerdict(undefined);
    setRead(0);
    try {
      setVerdict(await verifyAudit(org, hash || undefined, { signal: control.signal, onRead: setRead }));
    } catch (error) {
      if (!control.signal.aborted) flash.problem(error);
    } finally {
      setRead(undefined);
    }
  }

  return (
    <Confirm
      title={t('organization.audit.verify')}
      confirmText={t('organization.audit.verifyIt')}
      isBusy={read !== undefined}
      isDisabled={!isHash}
      onConfirm={() => void verify()}
      onCancel={onClose}
    >
      <SpaceBetween size="m">
        <Box>{t('organization.audit.verifyText')}</Box>
        <FormField
          label={t('organization.audit.anchor')}
          description={t('organization.audit.anchorText')}
          {...(!isHash && { errorText: t('organization.audit.anchorWrong') })}
        >
          <Input value={anchor} spellcheck={false} onChange={({ detail }) => setAnchor(detail.value)} />
        </FormField>
        <div role="status">
          {read !== undefined && t('organization.audit.read', { number: formats.number(read) })}
          {verdict && <Verdict verdict={verdict} />}
        </div>
      </SpaceBetween>
    </Confirm>
  );
}

function Verdict({ verdict }: { verdict: ChainVerdict }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (!verdict.unbroken) {
    const sequence = formats.number(verdict.sequence);
    return (
      <Alert type="error" header={t('organization.audit.broken')}>
        {t(`organization.audit.faults.${verdict.fault}`, { sequence })}
      </Alert>
    );
  }
  const { entries, head } = verdict;
  return (
    <Alert type="success" header={t('organization.audit.unbroken', { number: formats.number(entries) })}>
      {head && (
        <SpaceBetween size="xs">
          <Box>{t('organization.audit.keepHash')}</Box>
          <Secret text={head.hash} label={t('organization.audit.lastHash')} />
        </SpaceBetween>
      )}
    </Alert>
  );
}
