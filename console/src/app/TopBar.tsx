import TopNavigation, { type TopNavigationProps } from '@cloudscape-design/components/top-navigation';
import { useTranslation } from 'react-i18next';
import { useNavigate } from 'react-router';
import { useFlash } from '../parts/flash.tsx';
import { useFollow } from '../parts/follow.ts';
import { useMe, useOptionalOrganization } from '../session/me.ts';
import { session } from '../session/session.ts';
import { chooseLanguage, type Language, languageNames, languages } from '../texts/language.ts';
import { chooseTheme, type Theme, themes, useTheme } from './theme.ts';

/** Whose pages these are, and how they look: organization, language, appearance, account. */
export function TopBar() {
  const { t } = useTranslation();
  const follow = useFollow();
  return (
    <TopNavigation
      identity={{ href: '/', title: t('shell.title'), onFollow: (event) => follow(withHref(event, '/')) }}
      utilities={[...useOrganizations(), ...useAppearance(), useAccount()]}
      i18nStrings={{
        overflowMenuTriggerText: t('shell.more'),
        overflowMenuTitleText: t('shell.more'),
      }}
    />
  );
}

function withHref(event: { preventDefault(): void }, href: string) {
  return { preventDefault: () => event.preventDefault(), detail: { href } };
}

type Menu = TopNavigationProps.MenuDropdownUtility;

function useOrganizations(): Menu[] {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { memberships } = useMe();
  const current = useOptionalOrganization();
  if (memberships.length === 0) return [];
  const name = current?.name ?? t('shell.organizations');
  return [
    {
      type: 'menu-dropdown',
      iconName: 'multiscreen',
      text: name,
      ariaLabel: `${t('shell.organizations')}: ${name}`,
      items: memberships.map(({ organization, name, login }) => ({
        id: organization,
        text: name,
        secondaryText: login,
        itemType: 'checkbox' as const,
        checked: organization === current?.organization,
      })),
      onItemClick: ({ detail }) => navigate(`/orgs/${detail.id}`),
    },
  ];
}

function useAppearance(): Menu[] {
  const { t, i18n } = useTranslation();
  const theme = useTheme();
  return [
    {
      type: 'menu-dropdown',
      iconName: 'globe',
      ariaLabel: t('shell.language'),
      text: t('shell.language'),
      disableTextCollapse: false,
      items: languages.map((language) => ({
        id: language,
        text: languageNames[language],
        itemType: 'checkbox' as const,
        checked: language === i18n.language,
      })),
      onItemClick: ({ detail }) => void chooseLanguage(detail.id as Language),
    },
    {
      type: 'menu-dropdown',
      iconName: theme === 'dark' ? 'star' : 'star-half',
      ariaLabel: t('shell.theme'),
      text: t('shell.theme'),
      items: themes.map((one) => ({
        id: one,
        text: t(`shell.themes.${one}`),
        itemType: 'checkbox' as const,
        checked: one === theme,
      })),
      onItemClick: ({ detail }) => chooseTheme(detail.id as Theme),
    },
  ];
}

function useAccount(): Menu {
  const { t } = useTranslation();
  const flash = useFlash();
  const follow = useFollow();
  const me = useMe();
  const current = useOptionalOrganization();
  const login = current?.login ?? me.memberships[0]?.login ?? '';
  return {
    type: 'menu-dropdown',
    iconName: 'user-profile',
    text: login,
    ariaLabel: `${t('shell.account')}: ${login}`,
    items: [
      {
        id: 'account',
        text: t('shell.ownAccount'),
        href: current ? `/orgs/${current.org}/profile` : '/account',
      },
      { id: 'sign-out', text: t('shell.signOut') },
    ],
    onItemFollow: follow,
    onItemClick: ({ detail }) => {
      if (detail.id === 'sign-out') session.signOut().catch(flash.problem);
    },
  };
}
