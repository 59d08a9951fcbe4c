import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Checkbox from '@cloudscape-design/components/checkbox';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import Container from '@cloudscape-design/components/container';
import Form from '@cloudscape-design/components/form';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { keepPreviousData, useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import type { Import, ProposedMapping } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { Failure, Loading } from '../../parts/states.tsx';
import { useOrganization } from '../../session/me.ts';
import { HeaderMeaning } from './HeaderMeaning.tsx';
import { keepImport } from './importQueries.ts';
import { type Meaning, meaningsOf, missingColumns, proposedMeanings, sharedColumns } from './meanings.ts';
import { type Reading, ReadingChoice } from './ReadingChoice.tsx';

/** What the headers of the file mean, said by an admin where it could not be told for sure. */
export function MappingStep({ job }: { job: Import }) {
  const { org } = useOrganization();
  const [reading, setReading] = useState<Reading>({});
  const { importId } = job;
  const query = useQuery({
    queryKey: [org, 'imports', importId, 'mapping', reading],
    queryFn: () =>
      answer(
        api.GET('/api/v1/orgs/{org}/imports/{importId}/mapping', {
          params: { path: { org, importId }, query: reading },
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (query.isPending) return <Loading />;
  if (query.isError) return <Failure error={query.error} retry={query.refetch} />;
  const { headers, encoding, delimiter } = query.data;
  // Read otherwise, the file has other headers.
  const key = JSON.stringify([headers.map(({ name }) => name), encoding, delimiter]);
  return (
    <SpaceBetween size="l">
      <ReadingChoice
        proposed={query.data}
        reading={reading}
        onChange={setReading}
        isBusy={query.isPlaceholderData}
      />
      <MappingForm key={key} job={job} proposed={query.data} reading={reading} />
    </SpaceBetween>
  );
}

interface FormProps {
  job: Import;
  proposed: ProposedMapping;
  reading: Reading;
}

function MappingForm({ job, proposed, reading }: FormProps) {
  const { t } = useTranslation();
  const { headers, columns } = proposed;
  const [meanings, setMeanings] = useState<ReadonlyMap<string, Meaning>>(() => proposedMeanings(headers));
  const [isAsked, setIsAsked] = useState(false);
  const [isSaved, setIsSaved] = useState(true);
  const choose = useChoose(job);
  const missing = missingColumns(columns, meanings);
  const shared = sharedColumns(meanings);
  const open = headers.filter(({ name }) => !meanings.has(name));
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setIsAsked(true);
    if (open.length > 0 || missing.length > 0 || shared.size > 0) return;
    choose.mutate({ columns: meaningsOf(meanings), save: isSaved, ...reading });
  };
  const dropRest = () =>
    setMeanings(new Map([...meanings, ...open.map(({ name }) => [name, { drop: true }] as const)]));
  const errorOf = (name: string): string => {
    const meaning = meanings.get(name);
    if (meaning === undefined) return isAsked ? t('imports.meaningMissing') : '';
    if ('column' in meaning && shared.has(meaning.column)) return t('imports.meaningShared');
    return placeOf(choose.error, name) ?? '';
  };
  return (
    <form onSubmit={onSubmit} noValidate>
      <Form
        actions={
          <Button variant="primary" formAction="submit" loading={choose.isPending}>
            {t('imports.mappingGoOn')}
          </Button>
        }
      >
        <Container
          header={
            <Header
              variant="h2"
              description={t('imports.mappingText')}
              actions={
                open.length > 1 && (
                  <Button formAction="none" onClick={dropRest}>
                    {t('imports.dropRest', { count: open.length })}
                  </Button>
                )
              }
            >
              {t('imports.mappingTitle')}
            </Header>
          }
          footer={
            <Checkbox
              checked={isSaved}
              onChange={({ detail }) => setIsSaved(detail.checked)}
              description={t('imports.saveMappingHint')}
            >
              {t('imports.saveMapping')}
            </Checkbox>
          }
        >
          <SpaceBetween size="l">
            {missing.length > 0 && (
              <Alert type={isAsked ? 'error' : 'warning'}>
                {t('imports.columnsMissing', { columns: missing.join(', '), count: missing.length })}
              </Alert>
            )}
            <ColumnLayout columns={2} minColumnWidth={280}>
              {headers.map((header) => (
                <HeaderMeaning
                  key={header.name}
                  header={header}
                  columns={columns}
                  meaning={meanings.get(header.name)}
                  error={errorOf(header.name)}
                  onChange={(meaning) => setMeanings(new Map(meanings).set(header.name, meaning))}
                />
              ))}
            </ColumnLayout>
          </SpaceBetween>
        </Container>
      </Form>
    </form>
  );
}

/** What the API says of one header. */
function placeOf(error: unknown, name: string): string | undefined {
  if (!(error instanceof ApiProblem)) return undefined;
  return error.places.find(({ path }) => path === `columns.${name}`)?.message;
}

function useChoose(job: Import) {
  const { org } = useOrganization();
  const flash = useFlash();
  const path = { org, importId: job.importId };
  type Input = Parameters<typeof put>[0];
  const put = (body: { columns: ReturnType<typeof meaningsOf>; save: boolean } & Reading) =>
    answer(api.PUT('/api/v1/orgs/{org}/imports/{importId}/mapping', { params: { path }, body }));
  return useMutation({
    mutationFn: (input: Input) => put(input),
    onSuccess: (after) => keepImport(org, after),
    onError: flash.problem,
  });
}
