import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import Form from '@cloudscape-design/components/form';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, ifMatch } from '../../api/client.ts';
import { isProblemOf } from '../../api/problem.ts';
import type { MemberDetails, MemberPatch } from '../../api/schema.ts';
import { useFlash } from '../../parts/flash.tsx';
import { problemText } from '../../parts/problemText.ts';
import { useOrganization } from '../../session/me.ts';
import { rereadMember, showMember, useSchema } from './data.ts';
import { faultsOf, type MemberDraft, MemberForm } from './MemberForm.tsx';

/**
 * Changes a member (S3.19). Only what was touched is sent; where somebody else changed the member meanwhile, what was
 * typed stays and the new version is what it is compared with.
 */
export function MemberEdit({ member, onEnd }: { member: MemberDetails; onEnd: () => void }) {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org } = useOrganization();
  const columns = useSchema().data?.columns ?? [];
  // What was there when the editing began, or when this person was told that it had changed.
  const [base, setBase] = useState(member);
  const [draft, setDraft] = useState<MemberDraft>(draftOf(member));
  const [error, setError] = useState<unknown>();
  const [isSaving, setIsSaving] = useState(false);
  const { memberId } = member;
  const isConflict = isProblemOf(error, 'precondition_failed');

  async function save() {
    setIsSaving(true);
    setError(undefined);
    try {
      const body = changesOf(base, draft);
      const params = { path: { org, memberId } };
      const call = { params, body, headers: ifMatch(base.version) };
      await showMember(org, await answer(api.PATCH('/api/v1/orgs/{org}/members/{memberId}', call)));
      flash.success(t('members.saved', { name: member.name || memberId }));
      onEnd();
    } catch (refusal) {
      setError(refusal);
      if (isProblemOf(refusal, 'precondition_failed')) await rereadMember(org, memberId);
    } finally {
      setIsSaving(false);
    }
  }

  function takeNewVersion() {
    // What this person did not touch is as it is now.
    const touched = changesOf(base, draft);
    const now = draftOf(member);
    setDraft({
      values: { ...now.values, ...withoutNulls(touched.values) },
      departments: touched.departments ?? now.departments,
      roles: touched.roles ?? now.roles,
    });
    setBase(member);
    setError(undefined);
  }

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Form
        actions={
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" formAction="none" onClick={onEnd}>
              {t('shell.cancel')}
            </Button>
            <Button variant="primary" loading={isSaving} disabled={isConflict}>
              {t('members.save')}
            </Button>
          </SpaceBetween>
        }
      >
        <SpaceBetween size="m">
          {isConflict && (
            <Alert
              type="warning"
              header={t('members.conflict.title')}
              action={
                <Button formAction="none" onClick={takeNewVersion}>
                  {t('members.conflict.take')}
                </Button>
              }
            >
              {t('members.conflict.text')}
            </Alert>
          )}
          {error !== undefined && !isConflict && <Alert type="error">{problemText(error, t)}</Alert>}
          <MemberForm
            columns={columns}
            draft={draft}
            onChange={setDraft}
            faults={faultsOf(error)}
            isNew={false}
          />
        </SpaceBetween>
      </Form>
    </form>
  );
}

function draftOf({ values, departments, roles }: MemberDetails): MemberDraft {
  return { values, departments, roles };
}

function changesOf(base: MemberDetails, draft: MemberDraft): MemberPatch {
  const values = Object.entries(draft.values).filter(([name, value]) => value !== (base.values[name] ?? ''));
  return {
    ...(values.length > 0 && { values: Object.fromEntries(values) }),
    ...(!sameList(base.departments, draft.departments) && { departments: [...draft.departments] }),
    ...(!sameList(base.roles, draft.roles) && { roles: [...draft.roles] }),
  };
}

function sameList(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((id) => other.includes(id));
}

function withoutNulls(values: MemberPatch['values']): Record<string, string> {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, value ?? '']));
}
