import type { administrators as english } from './administrators.en.ts';

export const administrators: typeof english = {
  title: 'Administrateurs',
  about: 'Qui peut ici plus qu’un membre. Le niveau se change dans la fiche du membre.',
  owners_one: '{{number}} propriétaire.',
  owners_other: '{{number}} propriétaires.',
  oneOwner: 'Il n’y a qu’un seul propriétaire',
  oneOwnerText:
    'Sans ce compte, personne ne peut renommer l’organisation, régler les fonctions ni nommer un autre propriétaire. Nommez aussi quelqu’un d’autre.',
  anyLevel: 'Tous les niveaux',
  none: 'Personne n’a ce niveau',
  offRoster: 'Hors du registre',
};
