/** The libraries' own ways to put the focus somewhere come first. */
const patienceMs = 100;

/**
 * Keeps the focus from getting lost, so that whoever uses a keyboard or a screen reader stays where the work is. What had it
 * may be gone: then what led to it gets it, as the button of a menu, else the title of the page. Or it cannot have it for
 * a while, as a button that waits for an answer: then it gets it back.
 * @returns what ends it
 */
export function keepFocus(): () => void {
  let last: Element | undefined;
  /** The last one that was not of a menu or a dialog, which go away by themselves. */
  let lasting: Element | undefined;
  let timer: number | undefined;
  const onFocusIn = ({ target }: FocusEvent) => {
    last = target as Element;
    if (!last.closest(passing)) lasting = last;
  };
  const onFocusOut = ({ target }: FocusEvent) => {
    // Who clicks beside everything means to have the focus nowhere. What is taken away is told of before it is gone.
    queueMicrotask(() => {
      if (target === last && isUsable(last) && isFocusNowhere()) last = undefined;
    });
  };
  const look = () => {
    timer = undefined;
    if (last === undefined || !isFocusNowhere()) return;
    if (isUsable(last)) focus(last);
    else if (!last.isConnected) focus(placeAfter(lasting));
  };
  const onChange = () => {
    if (last !== undefined && isFocusNowhere()) timer ??= window.setTimeout(look, patienceMs);
  };
  const observer = new MutationObserver(onChange);
  document.addEventListener('focusin', onFocusIn);
  document.addEventListener('focusout', onFocusOut);
  observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ['disabled'] });
  return () => {
    document.removeEventListener('focusin', onFocusIn);
    document.removeEventListener('focusout', onFocusOut);
    observer.disconnect();
    clearTimeout(timer);
  };
}

function isFocusNowhere(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

function isUsable(element: Element): boolean {
  return element.isConnected && !element.matches(':disabled');
}

const passing = '[role=dialog], [role=menu], [role=listbox]';

/** A dialog keeps the focus within itself. The title is not there yet while a page is on its way. */
function placeAfter(lasting: Element | undefined): Element | null {
  const dialog = document.querySelector('[role=dialog]');
  if (dialog) return dialog.querySelector('h2');
  return lasting && isUsable(lasting) ? lasting : document.querySelector('h1');
}

/** Screen readers read on from here. */
export function focus(element: Element | null): void {
  if (!(element instanceof HTMLElement)) return;
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
