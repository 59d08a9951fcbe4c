import type { profile as english } from './profile.en.ts';

export const profile: typeof english = {
  about:
    'Ce qui n’appartient qu’à vous : les administrateurs d’une organisation ne voient pas votre mot de passe.',
  organization: 'Organisation',
  level: 'Niveau',
  password: {
    current: 'Mot de passe actuel',
    submit: 'Changer le mot de passe',
    changed: 'Le mot de passe a été changé. Vos autres sessions ont pris fin.',
  },
  factor: {
    text: 'Une application d’authentification sur votre téléphone affiche un code, demandé à la connexion.',
    on: 'Un second facteur est actif.',
    off: 'Il n’y a pas de second facteur.',
    begin: 'Le configurer',
    drop: 'Le désactiver',
    dropText: 'Ensuite, le mot de passe suffira pour vous connecter.',
    step: 'Scannez l’image avec l’application, ou donnez-lui la clé qui est dessous. Saisissez ensuite le code affiché.',
    picture: 'Image de la clé pour l’application',
    secret: 'Clé pour l’application',
    app: 'Ouvrir l’application sur cet appareil',
    confirm: 'L’activer',
    done: 'Le second facteur est actif.',
    dropped: 'Le second facteur est désactivé.',
  },
  sessions: 'Vos sessions',
  sessionsText: 'Met fin à cette session et à toutes les vôtres, sur chaque appareil.',
};
