import type { mails as english } from './mails.en.ts';

export const mails: typeof english = {
  title: 'E-mails',
  about: 'À quoi ressemblent les e-mails de cette organisation. Noms et nombres sont inventés.',
  kind: 'E-mail',
  kinds: {
    invitation: 'Une invitation',
    reminder: 'Rappel d’une invitation',
    reset: 'Lien pour un nouveau mot de passe',
    importFinished: 'Un import est terminé',
    importWaiting: 'Un import attend une approbation',
    importUnmapped: 'Import en attente de ses colonnes',
    importFailed: 'Un import a échoué',
    undoFinished: 'Un import a été annulé',
    undoWaiting: 'Une annulation attend',
    undoFailed: 'Une annulation a échoué',
    jobFailed: 'Une tâche s’est arrêtée',
    accessExpiring: 'Un accès prend bientôt fin',
  },
  language: 'Langue de l’e-mail',
  own: 'Comme l’organisation l’a réglée',
  subject: 'Objet',
  from: 'Expéditeur',
  installation: 'L’adresse de cette installation',
  forms: 'Formes de l’e-mail',
  html: 'Avec sa mise en forme',
  text: 'En texte brut',
};
