import type { signIn as english } from './signIn.en.ts';

export const signIn: typeof english = {
  title: 'Connexion',
  organization: 'Organisation',
  organizationHint:
    'Son nom court, comme acme-club. Nécessaire seulement si votre identifiant sert dans plusieurs.',
  login: 'Identifiant',
  loginHint: 'Votre nom d’utilisateur ou votre adresse e-mail',
  password: 'Mot de passe',
  submit: 'Se connecter',
  forgotten: 'Mot de passe oublié ?',
  ended: 'Votre session a pris fin. Reconnectez-vous.',
  required: 'Remplissez ce champ.',
  firstPassword: {
    title: 'Choisissez un mot de passe',
    text: 'Celui que vous avez reçu ne sert qu’à la première connexion.',
    new: 'Nouveau mot de passe',
    again: 'Nouveau mot de passe, encore une fois',
    rules: '12 caractères au moins, avec une majuscule, une minuscule, un chiffre et un symbole.',
    differ: 'Les deux ne sont pas identiques.',
    submit: 'Enregistrer et se connecter',
  },
  code: {
    title: 'Second facteur',
    label: 'Code de votre application d’authentification',
    hint: 'Six chiffres qui changent toutes les 30 secondes',
    submit: 'Se connecter',
  },
  again: {
    title: 'Confirmez que c’est bien vous',
    text: 'Cela demande une connexion des 10 dernières minutes. Donnez votre mot de passe, et l’action se poursuit.',
    submit: 'Continuer',
    firstPassword:
      'Quelqu’un d’autre a renouvelé votre mot de passe. Déconnectez-vous, puis reconnectez-vous avec celui-ci.',
  },
  back: 'Retour à la connexion',
  reset: {
    title: 'Mot de passe oublié',
    text: 'Un lien pour en choisir un nouveau est envoyé à l’adresse de votre compte.',
    submit: 'Envoyer le lien',
    sent: 'Si ce compte existe, le lien est en route. Il est valable 24 heures.',
  },
};
