import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { MailKind } from 'roster/domain/mail';
import { answer, api } from '../../api/client.ts';
import { useAddress, withValue } from '../../parts/address.ts';
import { Choice } from '../../parts/Choice.tsx';
import { Page } from '../../parts/Page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useOrganization } from '../../session/me.ts';
import { type Language, languageNames, languages as mailLanguages } from '../../texts/language.ts';
import { MailView } from './MailView.tsx';

/** The kinds that there are, with nothing of the code that checks them. */
const mailKinds = Object.keys({
  invitation: true,
  reminder: true,
  reset: true,
  importFinished: true,
  importWaiting: true,
  importUnmapped: true,
  importFailed: true,
  undoFinished: true,
  undoWaiting: true,
  undoFailed: true,
  jobFailed: true,
  accessExpiring: true,
  feedMissed: true,
} satisfies Record<MailKind, true>) as MailKind[];

/** What each kind of mail looks like, with made-up values. */
export default function MailsPage() {
  const { t } = useTranslation();
  const [address, setAddress] = useAddress();
  const kind = mailKinds.find((one) => one === address.get('kind')) ?? 'invitation';
  const language = mailLanguages.find((one) => one === address.get('language'));
  const choose = (name: string, value: string) =>
    setAddress((before) => withValue(before, name, value), { replace: true });
  const kinds = mailKinds.map((value) => ({ value, label: t(`mails.kinds.${value}`) }));
  const languages = [
    { value: '', label: t('mails.own') },
    ...mailLanguages.map((value) => ({ value, label: languageNames[value] })),
  ];
  return (
    <Page title={t('mails.title')} description={t('mails.about')}>
      <SpaceBetween size="l">
        <SpaceBetween size="l" direction="horizontal">
          <Choice
            label={t('mails.kind')}
            options={kinds}
            value={kind}
            onChange={(to) => choose('kind', to)}
          />
          <Choice
            label={t('mails.language')}
            options={languages}
            value={language ?? ''}
            onChange={(to) => choose('language', to)}
          />
        </SpaceBetween>
        <Preview kind={kind} language={language} />
      </SpaceBetween>
    </Page>
  );
}

function Preview({ kind, language }: { kind: MailKind; language: Language | undefined }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const preview = useQuery({
    queryKey: [org, 'mails', kind, language],
    queryFn: () =>
      answer(
        api.GET('/api/v1/orgs/{org}/mail/preview', {
          params: { path: { org }, query: { kind, ...(language && { language }) } },
        }),
      ),
  });
  if (preview.isPending) return <Loading />;
  if (preview.isError) return <Failure error={preview.error} retry={preview.refetch} />;
  const { subject, from, html, text } = preview.data;
  const facts = [
    { label: t('mails.subject'), value: subject },
    { label: t('mails.from'), value: from ?? t('mails.installation') },
  ];
  const tabs = [
    { id: 'html', label: t('mails.html'), content: <MailView html={html} /> },
    { id: 'text', label: t('mails.text'), content: <Box variant="pre">{text}</Box> },
  ];
  return (
    <Container header={<KeyValuePairs columns={2} items={facts} />}>
      <Tabs tabs={tabs} ariaLabel={t('mails.forms')} />
    </Container>
  );
}
