import Flashbar, { type FlashbarProps } from '@cloudscape-design/components/flashbar';
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
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

interface Messages {
  flash: Flash;
  messages: readonly Message[];
  /** The ids of those that were there when the dialog was opened that is open. */
  before: ReadonlySet<string> | undefined;
  setBefore: (before: ReadonlySet<string> | undefined) => void;
}

const FlashContext = createContext<Messages | undefined>(undefined);

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
  const [before, setBefore] = useState<ReadonlySet<string>>();
  const value = useMemo(() => ({ flash, messages, before, setBefore }), [flash, messages, before]);
  return <FlashContext value={value}>{children}</FlashContext>;
}

const messagesMax = 5;

export function useFlash(): Flash {
  return useFlashContext().flash;
}

/** The messages, where the frame of the pages wants them. */
export function FlashMessages() {
  const { t } = useTranslation();
  const { flash, messages, before } = useFlashContext();
  const ofPage = messages.filter((message) => !isOfDialog(message, before));
  const items = ofPage.map((message) => ({
    ...message,
    ariaRole: message.type === 'error' ? ('alert' as const) : ('status' as const),
    dismissLabel: t('shell.closeMessage'),
    onDismiss: () => flash.dismiss(message.id),
  }));
  return <Flashbar items={items} stackItems={items.length > 2} />;
}

/**
 * For a dialog: what went wrong since it was opened is said there, and not above the page, which is out of reach then and
 * would take the focus.
 */
export function useProblemsHere(): { problems: readonly Message[]; forget: () => void } {
  const { flash, messages, before, setBefore } = useFlashContext();
  const opened = useRef(messages);
  useEffect(() => {
    setBefore(new Set(opened.current.map(({ id }) => id)));
    return () => setBefore(undefined);
  }, [setBefore]);
  const problems = messages.filter((message) => isOfDialog(message, before));
  const forget = () => {
    for (const { id } of problems) flash.dismiss(id);
  };
  return { problems, forget };
}

function isOfDialog({ type, id }: Message, before: ReadonlySet<string> | undefined): boolean {
  return type === 'error' && before !== undefined && !before.has(id);
}

function useFlashContext() {
  const context = useContext(FlashContext);
  if (context === undefined) throw new Error('There is no FlashProvider around this.');
  return context;
}
