import { useSyncExternalStore } from 'react';
import type { ImportTicket } from '../../api/schema.ts';

/** A file on its way from this tab. `refusal` is the store's own code, as `EntityTooLarge`; '' if it was not reached. */
export interface Upload {
  file: File;
  sentShare: number;
  state: 'sending' | 'sent' | 'failed';
  refusal: string;
}

const uploads = new Map<string, Upload>();
const listeners = new Set<() => void>();

/** Sends a file by the form that the API signed; pages may come and go meanwhile, the tab has to stay. */
export function startUpload({ importId, upload }: ImportTicket, file: File): void {
  const form = new FormData();
  for (const [name, value] of Object.entries(upload.fields)) form.append(name, value);
  form.append('file', file);
  const request = new XMLHttpRequest();
  const set = (patch: Partial<Upload>) => {
    const before = uploads.get(importId) ?? { file, sentShare: 0, state: 'sending', refusal: '' };
    uploads.set(importId, { ...before, ...patch });
    for (const listener of listeners) listener();
  };
  set({ state: 'sending', sentShare: 0, refusal: '' });
  request.upload.onprogress = ({ loaded, total }) => set({ sentShare: total > 0 ? loaded / total : 0 });
  request.onload = () => {
    const isTaken = request.status >= 200 && request.status < 300;
    if (isTaken) set({ state: 'sent', sentShare: 1 });
    else set({ state: 'failed', refusal: /<Code>(\w+)<\/Code>/.exec(request.responseText)?.[1] ?? '' });
  };
  request.onerror = () => set({ state: 'failed' });
  request.open('POST', upload.url);
  request.send(form);
}

/** The upload of an import, if it is this tab that sends it. */
export function useUpload(importId: string): Upload | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => uploads.get(importId),
  );
}

// Who closes the tab while a file is on its way is asked first.
addEventListener('beforeunload', (event) => {
  if ([...uploads.values()].some(({ state }) => state === 'sending')) event.preventDefault();
});
