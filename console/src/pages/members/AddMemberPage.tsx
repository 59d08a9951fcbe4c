import Alert from '@cloudscape-design/components/alert';
import Container from '@cloudscape-design/components/container';
import Wizard from '@cloudscape-design/components/wizard';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { answer, api } from '../../api/client.ts';
import type { InviteResult, MemberDetails, MemberInput } from '../../api/schema.ts';
import { Page } from '../../parts/Page.tsx';
import { problemText } from '../../parts/problemText.ts';
import { Failure, Loading } from '../../parts/states.tsx';
import { useOrganization } from '../../session/me.ts';
import { AddedMember } from './AddedMember.tsx';
import { rereadMembers, useSchema } from './data.ts';
import { type JoiningDraft, JoiningForm } from './JoiningForm.tsx';
import { faultsOf, type MemberDraft, MemberForm } from './MemberForm.tsx';

/** What came of adding somebody. */
export interface Added {
  member: MemberDetails;
  oneTimePassword?: string | undefined;
  invitation?: InviteResult | undefined;
  /** The member is there, but the invitation was refused. */
  refusal?: unknown;
}

const nobody: MemberDraft = { values: {}, departments: [], roles: [] };

/** Adds a member in two steps: who it is, and how it gets in (S3.6 to S3.13). */
export default function AddMemberPage() {
  const { t } = useTranslation();
  const { org, may } = useOrganization();
  const navigate = useNavigate();
  const schema = useSchema();
  const [step, setStep] = useState(0);
  const [draft, setDraft] = useState(nobody);
  const [joining, setJoining] = useState<JoiningDraft>({ way: 'later', username: '', email: '' });
  const [error, setError] = useState<unknown>();
  const [missing, setMissing] = useState<readonly string[]>([]);
  const [isSending, setIsSending] = useState(false);
  const [added, setAdded] = useState<Added>();

  if (schema.isPending) return <Loading />;
  if (schema.isError) return <Failure error={schema.error} retry={schema.refetch} />;
  const { columns } = schema.data;

  function begin() {
    setStep(0);
    setDraft(nobody);
    setJoining({ way: 'later', username: '', email: '' });
    setError(undefined);
    setAdded(undefined);
  }

  async function add() {
    setIsSending(true);
    setError(undefined);
    try {
      const { oneTimePassword, ...member } = await answer(
        api.POST('/api/v1/orgs/{org}/members', { params: { path: { org } }, body: inputOf(draft, joining) }),
      );
      const { way } = joining;
      const isInvited = way === 'link' || way === 'email';
      setAdded({ member, oneTimePassword, ...(isInvited && (await invited(org, member, way))) });
      void rereadMembers(org);
    } catch (refusal) {
      setError(refusal);
      const isOfMember = [...faultsOf(refusal).keys()].some((name) =>
        columns.some((column) => column.name === name),
      );
      if (isOfMember) setStep(0);
    } finally {
      setIsSending(false);
    }
  }

  /** Goes on only with what the roster needs of everybody. */
  function go(target: number) {
    const blank = columns.filter(({ name, required, role }) => {
      const isNeeded = required === true || role === 'externalId';
      return isNeeded && !draft.values[name]?.trim();
    });
    setMissing(target > 0 ? blank.map(({ name }) => name) : []);
    if (target === 0 || blank.length === 0) setStep(target);
  }

  if (added) {
    return (
      <Page title={t('members.addition.done')}>
        <AddedMember added={added} onAgain={begin} />
      </Page>
    );
  }
  const faults = new Map([
    ...faultsOf(error),
    ...missing.map((name) => [name, t('members.addition.missing')] as const),
  ]);
  return (
    <Page title={t('members.add')}>
      <Wizard
        activeStepIndex={step}
        isLoadingNextStep={isSending}
        submitButtonText={t('members.addition.finish')}
        i18nStrings={{
          stepNumberLabel: (number) => t('members.addition.step', { number }),
          collapsedStepsLabel: (number, count) => t('members.addition.stepOf', { number, count }),
          navigationAriaLabel: t('members.addition.steps'),
          cancelButton: t('shell.cancel'),
          previousButton: t('members.addition.back'),
          nextButton: t('members.addition.next'),
        }}
        onNavigate={({ detail }) => go(detail.requestedStepIndex)}
        onCancel={() => navigate(`/orgs/${org}/members`)}
        onSubmit={() => void add()}
        steps={[
          {
            title: t('members.addition.who'),
            ...(error !== undefined && step === 0 && { errorText: problemText(error, t) }),
            content: (
              <Container>
                <MemberForm columns={columns} draft={draft} onChange={setDraft} faults={faults} isNew />
              </Container>
            ),
          },
          {
            title: t('members.addition.how'),
            content: (
              <Container>
                {error !== undefined && <Alert type="error">{problemText(error, t)}</Alert>}
                <JoiningForm
                  draft={joining}
                  onChange={setJoining}
                  mayGiveAccess={may('members.credentials')}
                  email={emailOf(draft, columns)}
                />
              </Container>
            ),
          },
        ]}
      />
    </Page>
  );
}

function emailOf({ values }: MemberDraft, columns: readonly { name: string; role?: string }[]): string {
  const column = columns.find(({ role }) => role === 'email');
  return column ? (values[column.name] ?? '').trim() : '';
}

function inputOf(draft: MemberDraft, { way, username, email }: JoiningDraft): MemberInput {
  const values = Object.entries(draft.values).filter(([, value]) => value.trim() !== '');
  return {
    values: Object.fromEntries(values),
    ...(draft.departments.length > 0 && { departments: [...draft.departments] }),
    ...(draft.roles.length > 0 && { roles: [...draft.roles] }),
    ...(way === 'username' && {
      account: { username: username.trim(), ...(email.trim() && { email: email.trim() }) },
    }),
  };
}

async function invited(
  org: string,
  { memberId }: MemberDetails,
  method: 'link' | 'email',
): Promise<Pick<Added, 'invitation' | 'refusal'>> {
  try {
    const call = { params: { path: { org, memberId } }, body: { method } };
    return { invitation: await answer(api.POST('/api/v1/orgs/{org}/members/{memberId}/invite', call)) };
  } catch (refusal) {
    return { refusal };
  }
}
