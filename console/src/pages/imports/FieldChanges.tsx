import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Change } from '../../api/schema.ts';

const shownAtFirst = 4;

/** Each field of a change: as it is, and as it would be. */
export function FieldChanges({ change }: { change: Change }) {
  const { t } = useTranslation();
  const [isWhole, setIsWhole] = useState(false);
  const kept = Object.entries(change.protectedFields ?? {});
  const fields = Object.entries(change.fields).filter(([, { before, after }]) => before !== after);
  if (fields.length === 0 && kept.length === 0)
    return <Box color="text-body-secondary">{t(`imports.kindTexts.${change.kind}`)}</Box>;
  const shown = isWhole ? fields : fields.slice(0, shownAtFirst);
  const rest = fields.length - shown.length;
  return (
    <>
      <dl className="muster-fields">
        {shown.map(([name, { before, after }]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              {before !== null && (
                <>
                  <span className="muster-spoken">{t('imports.before')} </span>
                  <del>{before}</del>{' '}
                </>
              )}
              <span className="muster-spoken">{t('imports.after')} </span>
              {after === null ? <em>{t('imports.blank')}</em> : <ins>{after}</ins>}
            </dd>
          </div>
        ))}
        {kept.map(([name, { kept: own, file }]) => (
          <div key={name}>
            <dt>{t('imports.protectedField', { column: name })}</dt>
            <dd>
              <ins>{own ?? t('imports.blank')}</ins> ·
              {t('imports.fileSays', { value: file ?? t('imports.blank') })}
            </dd>
          </div>
        ))}
      </dl>
      {rest > 0 && (
        <Button
          variant="inline-link"
          onClick={() => setIsWhole(true)}
          ariaLabel={`${t('imports.moreFields', { count: rest })}: ${change.externalId}`}
        >
          {t('imports.moreFields', { count: rest })}
        </Button>
      )}
    </>
  );
}
