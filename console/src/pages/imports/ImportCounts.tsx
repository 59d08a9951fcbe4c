import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import { useTranslation } from 'react-i18next';
import type { Import } from '../../api/schema.ts';
import { useFormats } from '../../parts/times.ts';
import { ledgerOf } from './ledger.ts';

/** What became, or would become, of every row, so that the numbers add up. */
export function ImportCounts({ job }: { job: Import }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const { rows, others } = ledgerOf(job);
  return (
    <Container
      header={
        <Header variant="h2">
          {t(job.status === 'complete' ? 'imports.became' : 'imports.wouldBecome')}
        </Header>
      }
    >
      <table className="muster-ledger">
        <tbody>
          {rows.map(({ name, count }) => (
            <tr key={name}>
              <th scope="row">{t(`imports.ledger.${name}`)}</th>
              <td>{number(count)}</td>
            </tr>
          ))}
          <tr className="muster-ledger-sum">
            <th scope="row">{t(job.kind === 'undo' ? 'imports.ledger.undone' : 'imports.ledger.rows')}</th>
            <td>{number(job.counts.rows)}</td>
          </tr>
        </tbody>
        {others.length > 0 && (
          <tbody>
            {others.map(({ name, count }) => (
              <tr key={name}>
                <th scope="row">{t(`imports.ledger.${name}`)}</th>
                <td>{number(count)}</td>
              </tr>
            ))}
          </tbody>
        )}
      </table>
    </Container>
  );
}
