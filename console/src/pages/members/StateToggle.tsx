import Box from '@cloudscape-design/components/box';
import Button, { type ButtonProps } from '@cloudscape-design/components/button';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api, ifMatch } from '../../api/client.ts';
import type { Member } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { rereadMember, rereadMembers, showMember } from './data.ts';

interface StateToggleProps {
  member: Member;
  /** As words instead of an icon. */
  isText?: boolean;
}

/** Disables a member, after asking, or enables one; both hold from that person's next request on (S0.22, S3.28). */
export function StateToggle({ member, isText = false }: StateToggleProps) {
  const { t } = useTranslation();
  const flash = useFlash();
  const { org, may } = useOrganization();
  const { isBusy, run } = useAction();
  const [isAsking, setIsAsking] = useState(false);
  if (!may('members.write')) return null;
  const { memberId, version, state } = member;
  const name = member.name || member.externalId;
  const act = state === 'disabled' ? ('enable' as const) : ('disable' as const);
  const label = t(`members.${act}One`, { name });

  async function change() {
    try {
      const call = { params: { path: { org, memberId } }, headers: ifMatch(version) };
      const done = await answer(
        act === 'enable'
          ? api.POST('/api/v1/orgs/{org}/members/{memberId}/enable', call)
          : api.POST('/api/v1/orgs/{org}/members/{memberId}/disable', call),
      );
      await showMember(org, done);
      flash.success(t(`members.${act}d`, { name }));
    } catch (error) {
      // What is shown may be older than what is there.
      void rereadMember(org, memberId);
      void rereadMembers(org);
      throw error;
    } finally {
      setIsAsking(false);
    }
  }

  const look: ButtonProps = isText
    ? { children: t(`members.${act}`), loading: isBusy }
    : {
        variant: 'inline-icon',
        iconName: act === 'enable' ? 'unlocked' : 'lock-private',
        loading: isBusy,
      };
  return (
    <>
      <Button
        {...look}
        ariaLabel={label}
        onClick={() => (act === 'enable' ? run(change) : setIsAsking(true))}
      />
      {isAsking && (
        <Confirm
          title={label}
          confirmText={t('members.disable')}
          isBusy={isBusy}
          onConfirm={() => run(change)}
          onCancel={() => setIsAsking(false)}
        >
          <Box>{t('members.disableText', { name })}</Box>
        </Confirm>
      )}
    </>
  );
}
