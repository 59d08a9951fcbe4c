import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import LiveRegion from '@cloudscape-design/components/live-region';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useTranslation } from 'react-i18next';

/** A part of what is edited that somebody else changed. */
export interface ChangedPart {
  name: string;
  /** It was changed here too: keeping that hides what the other one did. */
  isMine: boolean;
}

interface ConflictProps {
  parts: readonly ChangedPart[];
  onKeep: () => void;
  onDiscard: () => void;
}

/** Somebody else was faster: says what they changed, and lets the person keep what was written here or let go of it. */
export function Conflict({ parts, onKeep, onDiscard }: ConflictProps) {
  const { t } = useTranslation();
  const actions = (
    <SpaceBetween direction="horizontal" size="xs">
      <Button formAction="none" onClick={onKeep}>
        {t('shell.conflict.keep')}
      </Button>
      <Button formAction="none" onClick={onDiscard}>
        {t('shell.conflict.discard')}
      </Button>
    </SpaceBetween>
  );
  return (
    <LiveRegion>
      <Alert type="warning" header={t('shell.conflict.title')} action={actions}>
        {t('shell.conflict.text')}
        <ul>
          {parts.map(({ name, isMine }) => (
            <li key={name}>
              {name}
              {isMine && ` – ${t('shell.conflict.mine')}`}
            </li>
          ))}
        </ul>
        {t('shell.conflict.choice')}
      </Alert>
    </LiveRegion>
  );
}
