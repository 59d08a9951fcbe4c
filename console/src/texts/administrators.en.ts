export const administrators = {
  title: 'Administrators',
  about: 'Who may do more here than a member. A level is changed in the details of the member.',
  owners_one: '{{number}} owner.',
  owners_other: '{{number}} owners.',
  oneOwner: 'There is one owner only',
  oneOwnerText:
    'Without that account nobody can rename the organization, switch features or name another owner. Make somebody else an owner too.',
  anyLevel: 'Any level',
  none: 'Nobody has this level',
  offRoster: 'On no roster',
};
