import type { members as english } from './members.en.ts';

export const members: typeof english = {
  title: 'Membres',
};
