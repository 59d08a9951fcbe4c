import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate, useSearchParams } from 'react-router';
import { answer, api } from '../../api/client.ts';
import type { Organization } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { useFollow } from '../../parts/follow.ts';
import { Page } from '../../parts/Page.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useOrganization } from '../../session/me.ts';
import { organizationQuery } from '../../session/settings.ts';
import { FileChoice, isRosterFile } from './FileChoice.tsx';
import { ImportPolicy, type Policy, policies } from './ImportPolicy.tsx';
import { unfinishedQuery } from './importQueries.ts';
import { SampleFile } from './SampleFile.tsx';
import { startUpload } from './uploads.ts';

/** The first step of an import: the file, and what is to become of it. */
export default function NewImportPage() {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const organization = useQuery(organizationQuery(org));
  if (organization.isPending) return <Loading />;
  if (organization.isError) return <Failure error={organization.error} retry={organization.refetch} />;
  return (
    <Page title={t('imports.newTitle')} description={t('imports.newText')}>
      <NewImportForm defaults={organization.data.importDefaults} />
    </Page>
  );
}

function NewImportForm({ defaults }: { defaults: Organization['importDefaults'] }) {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const follow = useFollow();
  const [search] = useSearchParams();
  const [file, setFile] = useState<File>();
  const [isAsked, setIsAsked] = useState(false);
  const [policy, setPolicy] = useState<Policy>(() => policyOf(search, defaults));
  const start = useStart();
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setIsAsked(true);
    if (file !== undefined && isRosterFile(file)) void start.run(file, policy);
  };
  return (
    <form onSubmit={onSubmit} noValidate>
      <Form
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button formAction="none" variant="link" href={`/orgs/${org}/imports`} onFollow={follow}>
              {t('shell.cancel')}
            </Button>
            <Button variant="primary" formAction="submit" loading={start.isBusy}>
              {t('imports.upload')}
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="l">
          <OtherImport />
          <Container>
            <SpaceBetween size="m">
              <FileChoice file={file} isAsked={isAsked} onChange={setFile} />
              <SampleFile />
            </SpaceBetween>
          </Container>
          <Container header={<Header variant="h2">{t('imports.policy')}</Header>}>
            <ImportPolicy policy={policy} onChange={setPolicy} />
          </Container>
        </SpaceBetween>
      </Form>
    </form>
  );
}

/** As the address asks for, where a file is tried once more, else as the organization has it. */
function policyOf(search: URLSearchParams, defaults: Organization['importDefaults']): Policy {
  const asked = <T extends string>(name: string, values: readonly T[], byDefault: T): T =>
    values.find((value) => value === search.get(name)) ?? byDefault;
  return {
    mode: asked('mode', policies.mode, defaults.mode),
    onRowErrors: asked('onRowErrors', policies.onRowErrors, defaults.onRowErrors),
    approve: asked('approve', policies.approve, defaults.approve),
    mapping: asked('mapping', policies.mapping, 'auto'),
  };
}

/** Only one import is open at a time, so that of an earlier one ends (S1.10). */
function OtherImport() {
  const { t } = useTranslation();
  const { org } = useOrganization();
  const follow = useFollow();
  const other = useQuery(unfinishedQuery(org)).data?.import;
  if (other === undefined) return null;
  const resume = (
    <Button href={`/orgs/${org}/imports/${other.importId}`} onFollow={follow}>
      {t('imports.resume')}
    </Button>
  );
  return (
    <Alert type="warning" header={t('imports.otherOpen')} action={resume}>
      {t(other.step === 'applying' ? 'imports.otherApplies' : 'imports.otherEnds', { file: other.fileName })}
    </Alert>
  );
}

/** Announces the import, begins to send the file, and goes to the import's own page. */
function useStart() {
  const { org } = useOrganization();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const flash = useFlash();
  const [isBusy, setIsBusy] = useState(false);
  const run = async (file: File, policy: Policy) => {
    setIsBusy(true);
    try {
      const body = { fileName: file.name, ...policy };
      const ticket = await answer(
        api.POST('/api/v1/orgs/{org}/imports', { params: { path: { org } }, body }),
      );
      startUpload(ticket, file);
      void queries.invalidateQueries({ queryKey: [org, 'imports'] });
      await navigate(`/orgs/${org}/imports/${ticket.importId}`, { replace: true });
    } catch (error) {
      flash.problem(error);
      setIsBusy(false);
    }
  };
  return { run, isBusy };
}
