import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Link from '@cloudscape-design/components/link';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Navigate, useLocation, useSearchParams } from 'react-router';
import type { Challenge } from '../../api/schema.ts';
import { useSession } from '../../session/useSession.ts';
import { chooseLanguage, languageNames, languages } from '../../texts/language.ts';
import { CodeForm } from './CodeForm.tsx';
import { CredentialsForm } from './CredentialsForm.tsx';
import { FirstPasswordForm } from './FirstPasswordForm.tsx';
import { ForgottenForm } from './ForgottenForm.tsx';
import './signIn.css';
import type { Who } from './who.ts';

/** `/sign-in`, and `/sign-in/forgotten`. Leads to the page in `to` afterwards. */
export default function SignInPage() {
  const [search] = useSearchParams();
  const { pathname } = useLocation();
  const [who, setWho] = useState<Who>({ organization: search.get('organization') ?? '', login: '' });
  const [challenge, setChallenge] = useState<Challenge>();
  const state = useSession();
  if (state === 'in') return <Navigate to={pageAskedFor(search, who)} replace />;
  if (pathname.endsWith('/forgotten')) return <Frame>{<ForgottenForm who={who} />}</Frame>;
  const answering = { who, onChallenge: setChallenge, onBack: () => setChallenge(undefined) };
  if (challenge?.challenge === 'NEW_PASSWORD_REQUIRED') {
    return <Frame>{<FirstPasswordForm {...answering} session={challenge.session} />}</Frame>;
  }
  if (challenge) return <Frame>{<CodeForm {...answering} session={challenge.session} />}</Frame>;
  const isEnded = state === 'ended' || search.has('ended');
  return (
    <Frame>{<CredentialsForm who={who} isEnded={isEnded} onWho={setWho} onChallenge={setChallenge} />}</Frame>
  );
}

/** A page of this console and no other address; else the organization that was named. */
function pageAskedFor(search: URLSearchParams, { organization }: Who): string {
  const to = search.get('to') ?? '';
  if (to.startsWith('/orgs/')) return to;
  return organization.trim() === '' ? '/' : `/orgs/${encodeURIComponent(organization.trim())}`;
}

function Frame({ children }: { children: ReactNode }) {
  const { t, i18n } = useTranslation();
  return (
    <main className="sign-in">
      <SpaceBetween size="l">
        <Box textAlign="center" variant="h1" padding={{ top: 'xxl' }}>
          {t('shell.title')}
        </Box>
        <Container>{children}</Container>
        <div className="sign-in-languages">
          {languages.map((language) => (
            <Link
              key={language}
              href={`#${language}`}
              {...(language === i18n.language && { ariaLabel: `${languageNames[language]} ✓` })}
              onFollow={(event) => {
                event.preventDefault();
                void chooseLanguage(language);
              }}
            >
              {languageNames[language]}
            </Link>
          ))}
        </div>
      </SpaceBetween>
    </main>
  );
}
