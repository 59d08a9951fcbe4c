import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { createPortal } from 'react-dom';

/** What stands beside the page. */
export interface Panel {
  title: string;
  onClose: () => void;
}

interface Panels {
  panel: Panel | undefined;
  host: HTMLElement | null;
  setHost: (host: HTMLElement | null) => void;
  show: (panel: Panel | undefined) => void;
}

const PanelContext = createContext<Panels | undefined>(undefined);

export function PanelProvider({ children }: { children: ReactNode }) {
  const [panel, show] = useState<Panel>();
  const [host, setHost] = useState<HTMLElement | null>(null);
  const value = useMemo(() => ({ panel, host, setHost, show }), [panel, host]);
  return <PanelContext value={value}>{children}</PanelContext>;
}

/** For the frame of the pages, which gives the panel its place. */
export function usePanels(): Panels {
  const context = useContext(PanelContext);
  if (context === undefined) throw new Error('There is no PanelProvider around this.');
  return context;
}

/** Shows its children in the panel beside the page, as long as it is there. */
export function SidePanel({ title, onClose, children }: Panel & { children: ReactNode }) {
  const { host, show } = usePanels();
  useEffect(() => show({ title, onClose }), [show, title, onClose]);
  useEffect(() => () => show(undefined), [show]);
  return host && createPortal(children, host);
}
