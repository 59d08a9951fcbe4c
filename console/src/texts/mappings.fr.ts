import type { mappings as english } from './mappings.en.ts';

export const mappings: typeof english = {
  title: 'Correspondances',
  about:
    'Ce que signifient les en-têtes des fichiers précédents. Un fichier aux mêmes en-têtes, dans n’importe quel ordre, est lu de la même façon.',
  none: 'Aucune correspondance n’est enregistrée',
  noneText: 'Il s’en enregistre une quand vous dites ce que signifient les en-têtes d’un import.',
  file: 'Faite avec',
  headers: 'En-têtes',
  header: 'En-tête',
  column: 'Colonne du registre',
  leftOut: 'laissé de côté',
  more_one: 'et {{count}} autre',
  more_other: 'et {{count}} autres',
  by: 'Enregistrée par',
  at: 'Enregistrée le',
  saved: 'Enregistrée par {{by}}, {{at}}.',
  delete: 'Supprimer',
  deleteOf: 'Supprimer la correspondance de {{file}}',
  deleteText:
    'Le prochain fichier avec ces en-têtes sera comparé à neuf, et attendra peut-être qu’on dise ce qu’ils signifient : {{headers}}. Les imports qui l’ont utilisée restent tels quels.',
  deleted: 'La correspondance de {{file}} a été supprimée.',
};
