import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from '../../parts/problemText.ts';

/** Runs what a form sends, once at a time, and keeps why it was refused. */
export function useSending() {
  const { t } = useTranslation();
  const [isSending, setIsSending] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  async function send(work: () => Promise<void>): Promise<void> {
    if (isSending) return;
    setIsSending(true);
    setRefusal(undefined);
    try {
      await work();
    } catch (error) {
      setRefusal(problemText(error, t));
    } finally {
      setIsSending(false);
    }
  }
  return { isSending, refusal, send, setRefusal };
}
