/** The labels that offices give to the columns of a roster, in English and French. */
import type { ColumnRole } from './column-kinds.ts';
import type { Column } from './schema.ts';
import { foldLabel } from './schema.ts';

/** What columns are about. A concept is of a role, of a type, or of whatever column is named by one of its labels. */
interface Concept {
  role?: ColumnRole;
  type?: Column['type'];
  labels: readonly string[];
}

const concepts: readonly Concept[] = [
  {
    role: 'externalId',
    labels: [
      'ID',
      'Identifier',
      'Identifiant',
      'Member ID',
      'Member Number',
      'Member No',
      'Membership Number',
      'Employee ID',
      'Employee Number',
      'Staff ID',
      'Student ID',
      'User ID',
      'Code',
      'Matricule',
      'Reference',
      'Numéro',
      'Numéro d’adhérent',
      'Numéro de membre',
      'N° adhérent',
      'No adhérent',
      'Code adhérent',
      'Licence',
      'Numéro de licence',
      'Bioguide',
    ],
  },
  {
    role: 'firstName',
    labels: ['First Name', 'Given Name', 'Forename', 'Christian Name', 'First', 'Prénom', 'Prénom usuel'],
  },
  {
    role: 'lastName',
    labels: [
      'Last Name',
      'Surname',
      'Family Name',
      'Second Name',
      'Last',
      'Nom',
      'Nom de famille',
      'Nom d’usage',
      'Nom de naissance',
    ],
  },
  {
    role: 'fullName',
    labels: [
      'Name',
      'Full Name',
      'Display Name',
      'Nom complet',
      'Nom et prénom',
      'Prénom et nom',
      'Nom prénom',
    ],
  },
  {
    role: 'email',
    type: 'email',
    labels: [
      'Email',
      'Mail',
      'Email Address',
      'Courriel',
      'Adresse email',
      'Adresse mail',
      'Adresse électronique',
      'Mél',
    ],
  },
  {
    role: 'phone',
    type: 'phone',
    labels: [
      'Phone',
      'Phone Number',
      'Telephone',
      'Telephone Number',
      'Tel',
      'Mobile',
      'Mobile Phone',
      'Cell',
      'Cell Phone',
      'Téléphone',
      'Numéro de téléphone',
      'Téléphone portable',
      'Téléphone mobile',
      'Téléphone fixe',
      'Tél portable',
      'Tél mobile',
      'Tél fixe',
      'Portable',
      'GSM',
    ],
  },
  {
    role: 'username',
    labels: [
      'Username',
      'User Name',
      'Login',
      'Login Name',
      'Nom d’utilisateur',
      'Identifiant de connexion',
      'Pseudo',
    ],
  },
  {
    role: 'state',
    labels: [
      'State',
      'Status',
      'Active',
      'Is Active',
      'Enabled',
      'Account State',
      'Etat',
      'Statut',
      'Actif',
      'Activé',
    ],
  },
  {
    role: 'department',
    labels: [
      'Department',
      'Departments',
      'Dept',
      'Division',
      'Unit',
      'Organizational Unit',
      'Team',
      'Département',
      'Service',
      'Pôle',
      'Équipe',
      'Unité',
      'Entité',
    ],
  },
  {
    role: 'group',
    labels: ['Group', 'Groups', 'Class', 'Category', 'Section', 'Groupe', 'Catégorie', 'Classe'],
  },
  {
    role: 'activeFrom',
    labels: ['Active From', 'Start Date', 'Valid From', 'Joined', 'Date de début', 'Date d’entrée', 'Début'],
  },
  {
    role: 'activeUntil',
    labels: [
      'Active Until',
      'End Date',
      'Valid Until',
      'Expiry Date',
      'Expires',
      'Date de fin',
      'Date de sortie',
      'Fin',
    ],
  },
  {
    labels: [
      'Birthday',
      'Date of Birth',
      'Birth Date',
      'DOB',
      'Born',
      'Date de naissance',
      'Naissance',
      'Né le',
    ],
  },
  { labels: ['Gender', 'Sex', 'Sexe', 'Genre'] },
  { labels: ['Title', 'Salutation', 'Civilité', 'Titre'] },
  { labels: ['Address', 'Street', 'Street Address', 'Adresse', 'Rue', 'Adresse postale'] },
  { labels: ['Postal Code', 'Postcode', 'Zip', 'Zip Code', 'Code postal', 'CP'] },
  { labels: ['City', 'Town', 'Ville', 'Commune'] },
  { labels: ['Country', 'Pays'] },
  { labels: ['Job Title', 'Position', 'Function', 'Fonction', 'Poste'] },
  { labels: ['Notes', 'Comment', 'Comments', 'Remarks', 'Commentaire', 'Remarques', 'Observations'] },
  { labels: ['Nationality', 'Nationalité'] },
  { labels: ['Fee', 'Dues', 'Membership Fee', 'Cotisation'] },
];

/** All labels that a column may go by in somebody's file: its own, and those of what it is about. */
export function labelsOf(column: Column): string[] {
  const own = [column.name, ...(column.aliases ?? [])];
  const folded = new Set(own.map(foldLabel));
  const isAbout = ({ role, type, labels }: Concept) => {
    if (column.role !== undefined) return role === column.role;
    if (type !== undefined && type === column.type) return true;
    return role === undefined && labels.some((label) => folded.has(foldLabel(label)));
  };
  return [...own, ...concepts.filter(isAbout).flatMap(({ labels }) => labels)];
}
