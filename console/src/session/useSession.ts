import { useSyncExternalStore } from 'react';
import { type SessionState, session } from './session.ts';

/** Whether somebody is signed in here. */
export function useSession(): SessionState {
  return useSyncExternalStore(session.subscribe, session.state);
}
