import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { problemText } from './problemText.ts';

type Message = Omit<FlashbarProps.MessageDefinition, 'onDismiss'> & { id: string };

/** Says what came of an action, above the page. */
export interface Flash {
  success(text: ReactNode, action?: ReactNode): void;
  problem(error: unknown): void;
  /** Shows a message, or what it now says; one that is `loading` stays until it says something else. */
  show(message: Message): void;
  dismiss(id: string): void;
}

const FlashContext = createContext<{ flash: Flash; messages: readonly Message[] } | undefined>(undefined);

export function FlashProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const [messages, setMessages] = useState<readonly Message[]>([]);
  const show = useCallback(
    (message: Message) =>
      setMessages((before) =>
        before.some(({ id }) => id === message.id)
          ? before.map((one) => (one.id === message.id ? message : one))
          : [message, ...before].slice(0, messagesMax),
      ),
    [],
  );
  const flash = useMemo<Flash>(
    () => ({
      show,
      success: (content, action) =>
        show({ id: crypto.randomUUID(), type: 'success', content, action, dismissible: true }),
      problem: (error) =>
        show({ id: crypto.randomUUID(), type: 'error', content: problemText(error, t), dismissible: true }),
      dismiss: (id) => setMessages((before) => before.filter((one) => one.id !== id)),
    }),
    [show, t],
  );
  const value = useMemo(() => ({ flash, messages }), [flash, messages]);
  return <FlashContext value={value}>{children}</FlashContext>;
}

const messagesMax = 5;

export function useFlash(): Flash {
  return useFlashContext().flash;
}

/** The messages, where the frame of the pages wants them. */
export function FlashMessages() {
  const { t } = useTranslation();
  const { flash, messages } = useFlashContext();
  const items = messages.map((message) => ({
    ...message,
    ariaRole: message.type === 'error' ? ('alert' as const) : ('status' as const),
    dismissLabel: t('shell.closeMessage'),
    onDismiss: () => flash.dismiss(message.id),
  }));
  return <Flashbar items={items} stackItems={items.length > 2} />;
}

function useFlashContext() {
  const context = useContext(FlashContext);
  if (context === undefined) throw new Error('There is no FlashProvider around this.');
  return context;
}
