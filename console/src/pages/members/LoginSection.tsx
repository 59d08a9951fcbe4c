import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { TFunction } from 'i18next';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answer, api } from '../../api/client.ts';
import type { MemberDetails } from '../../api/schema.ts';
import { Confirm } from '../../parts/Confirm.tsx';
import { useFlash } from '../../parts/flash.tsx';
import { Secret } from '../../parts/Secret.tsx';
import { useFormats } from '../../parts/times.ts';
import { useAction } from '../../parts/useAction.ts';
import { useOrganization } from '../../session/me.ts';
import { inviteMember, showMember } from './data.ts';
import { LevelForm } from './LevelForm.tsx';
import { UsernameForm } from './UsernameForm.tsx';

/** What is shown this once, or another place where something is asked. */
type Shown = { secret: string; label: string; text: string };

/** How a member signs in, and what security administrators do about it (S4.11 to S4.14). */
export function LoginSection({ member }: { member: MemberDetails }) {
  const { t } = useTranslation();
  const { may } = useOrganization();
  const [shown, setShown] = useState<Shown>();
  if (!may('members.credentials')) return null;
  return (
    <SpaceBetween size="s">
      <Header variant="h3" headingTagOverride="h2">
        {t('members.login.title')}
      </Header>
      {shown && (
        <Alert type="success" header={shown.label} dismissible onDismiss={() => setShown(undefined)}>
          <SpaceBetween size="xs">
            <Box>{shown.text}</Box>
            <Secret text={shown.secret} label={shown.label} />
          </SpaceBetween>
        </Alert>
      )}
      {member.state === 'not_joined' ? (
        <Invite member={member} onShow={setShown} />
      ) : (
        member.account && <Credentials member={member} onShow={setShown} />
      )}
      <UsernameForm member={member} onPassword={(secret) => setShown(passwordShown(secret, t))} />
      {member.account && may('members.levels') && <LevelForm member={member} account={member.account} />}
    </SpaceBetween>
  );
}

function passwordShown(secret: string, t: TFunction): Shown {
  return { secret, label: t('members.login.oneTimePassword'), text: t('members.login.oneTimeText') };
}

interface PartProps {
  member: MemberDetails;
  onShow: (shown: Shown | undefined) => void;
}

/** Offered only while a member has not joined (S3.22). Every round makes a new link. */
function Invite({ member, onShow }: PartProps) {
  const { t } = useTranslation();
  const flash = useFlash();
  const formats = useFormats();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const { memberId, name, invitation } = member;

  async function invite(method: 'link' | 'email') {
    const { link, expiresAt } = await inviteMember(org, memberId, method);
    if (link === undefined) return flash.success(t('members.login.invited', { name: name || memberId }));
    const until = formats.time(expiresAt);
    onShow({
      secret: link,
      label: t('members.login.invitationLink'),
      text: t('members.login.linkText', { until }),
    });
  }

  async function revoke() {
    const params = { path: { org, memberId } };
    await showMember(
      org,
      await answer(api.DELETE('/api/v1/orgs/{org}/members/{memberId}/invite', { params })),
    );
    onShow(undefined);
    flash.success(t('members.login.revoked', { name: name || memberId }));
  }

  const isOpen = invitation?.state === 'sent' || invitation?.state === 'opened';
  return (
    <SpaceBetween direction="horizontal" size="xs">
      <Button iconName="copy" disabled={isBusy} onClick={() => run(() => invite('link'))}>
        {t('members.login.makeInvitation')}
      </Button>
      <Button
        iconName="envelope"
        disabled={isBusy || !member.email}
        onClick={() => run(() => invite('email'))}
      >
        {t('members.login.mailInvitation')}
      </Button>
      {isOpen && (
        <Button variant="link" disabled={isBusy} onClick={() => run(revoke)}>
          {t('members.login.revoke')}
        </Button>
      )}
    </SpaceBetween>
  );
}

type CredentialAct = 'reset' | 'link' | 'mail';

/** A new one-time password, or a link by which the member chooses one (S0.19, S3.21). */
function Credentials({ member, onShow }: PartProps) {
  const { t } = useTranslation();
  const flash = useFlash();
  const formats = useFormats();
  const { org } = useOrganization();
  const { isBusy, run } = useAction();
  const [asking, setAsking] = useState<CredentialAct>();
  const { memberId } = member;
  const name = member.name || member.externalId;
  const params = { path: { org, memberId } };

  const works: Record<CredentialAct, () => Promise<void>> = {
    async reset() {
      const { oneTimePassword, ...details } = await answer(
        api.POST('/api/v1/orgs/{org}/members/{memberId}/reset-credentials', { params }),
      );
      await showMember(org, details);
      onShow(passwordShown(oneTimePassword ?? '', t));
    },
    async link() {
      const { url = '', expiresAt } = await resetLink('link');
      const text = t('members.login.linkText', { until: formats.time(expiresAt) });
      const secret = new URL(url, location.origin).href;
      onShow({ secret, label: t('members.login.resetLink'), text });
    },
    async mail() {
      await resetLink('email');
      flash.success(t('members.login.resetMailed', { name }));
    },
  };

  function resetLink(method: 'link' | 'email') {
    const call = { params, body: { method } };
    return answer(api.POST('/api/v1/orgs/{org}/members/{memberId}/reset-link', call));
  }

  const button = (act: CredentialAct, text: string): ReactNode => (
    <Button disabled={isBusy || member.state === 'disabled'} onClick={() => setAsking(act)}>
      {text}
    </Button>
  );
  return (
    <>
      <SpaceBetween direction="horizontal" size="xs">
        {button('reset', t('members.login.reset'))}
        {button('link', t('members.login.makeLink'))}
        {button('mail', t('members.login.mailLink'))}
      </SpaceBetween>
      {asking && (
        <Confirm
          title={t(`members.login.ask.${asking}`, { name })}
          confirmText={t('members.login.go')}
          isBusy={isBusy}
          onConfirm={() =>
            run(async () => {
              await works[asking]().finally(() => setAsking(undefined));
            })
          }
          onCancel={() => setAsking(undefined)}
        >
          <Box>{t(`members.login.asks.${asking}`)}</Box>
        </Confirm>
      )}
    </>
  );
}
