/** How a member was invited and what became of it. Times are ISO 8601 in UTC. */
export interface Invitation {
  id: string;
  method: 'link' | 'email';
  state: 'sent' | 'opened' | 'rejected' | 'undeliverable';
  /** How often it was sent, the first time included. */
  rounds: number;
  /** When it was sent last. */
  sentAt: string;
  validUntil: string;
  invitedBy: string;
  to?: string;
  /** The person wants no reminders. */
  remindersOff?: true;
  /** When it was sent first; `sentAt`, where absent. */
  firstSentAt?: string;
}
