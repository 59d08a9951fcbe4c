import type { feed as english } from './feed.en.ts';

export const feed: typeof english = {
  title: 'Fichiers livrés',
  about:
    'D’autres systèmes livrent des fichiers avec une clé, la nuit par exemple. Chacun devient un import.',
  policy: 'Ce qui en est fait',
  isOn: 'Prendre les fichiers que des programmes livrent',
  isOnText: 'Tant que ceci est éteint, toute livraison est refusée.',
  approveText: 'Un plan qui change beaucoup attend de toute façon un administrateur.',
  mode: 'Ce que fait un fichier',
  asByHand: 'Comme un import à la main',
  recipients: 'Qui reçoit les résultats par e-mail',
  recipientsText: 'Des personnes qui peuvent voir les imports et ont une adresse e-mail.',
  expected: 'Les avertir quand aucun fichier n’est venu',
  expectedText: 'Un e-mail pour chaque heure à laquelle un fichier est attendu.',
  days: 'Jours',
  daysMissing: 'Choisissez au moins un jour.',
  by: 'Un fichier doit être là avant',
  keys: {
    title: 'Clés',
    about: 'Une pour chaque système qui livre, pour pouvoir révoquer chacune seule.',
    none: 'Il n’y a pas encore de clé',
    make: 'Créer une clé',
    makeIt: 'La créer',
    nameText: 'Le système qui livre avec elle, pour le savoir plus tard.',
    made: 'La clé pour {{name}}',
    madeText:
      'Copiez-la maintenant : elle n’est montrée que cette fois et n’est gardée nulle part. Le système l’envoie comme « Authorization: Bearer <clé> » à /api/v1/public/feeds/uploads ; « npm run feed » le fait aussi.',
    key: 'Clé',
    used: 'Dernier usage',
    by: 'Créée par',
    at: 'Créée le',
    revoke: 'Révoquer',
    revokeOf: 'Révoquer la clé pour {{name}}',
    revokeText:
      'Ce qui livre avec cette clé est refusé dès maintenant. C’est définitif ; les autres clés restent.',
    neverUsed: 'Elle n’a jamais servi.',
    lastUsed: 'Elle a servi pour la dernière fois {{at}}.',
    revoked: 'La clé pour {{name}} a été révoquée.',
  },
  files: {
    title: 'Derniers fichiers',
    about: 'Ceux qui sont parmi les {{number}} derniers imports.',
    none: 'Aucun fichier n’a été livré récemment',
    at: 'Livré',
  },
};
