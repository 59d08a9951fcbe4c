/** The libraries' own ways to put the focus somewhere come first. */
const patienceMs = 100;
/** How often it is looked whether something can have the focus again. */
const looksMax = 30;
/** What opens above or beside a page, and goes away with the focus in it. */
const layers = 'aside, [role=dialog], [role=menu], [role=listbox]';

/**
 * Keeps the focus from getting lost, so that whoever uses a keyboard or a screen reader stays where the work is. What had it
 * may be gone: then what led there gets it, as the button of a menu or dialog, else the title of the page. Or it cannot
 * have it for a while, as a button that waits for an answer: then it gets it back, if that is soon.
 * @returns what ends it
 */
export function keepFocus(): () => void {
  /** What had the focus last on the page, then in what opened from there, and so on. */
  let trail: readonly Element[] = [];
  let timer: number | undefined;
  let looks = 0;
  const onFocusIn = ({ target }: FocusEvent) => {
    trail = withLast(trail, target as Element);
    looks = 0;
  };
  const onFocusOut = ({ target, relatedTarget }: FocusEvent) => {
    if (relatedTarget !== null) return;
    // Who clicks beside everything means to have the focus nowhere. What is taken away is told of before it is gone.
    setTimeout(() => {
      if (target === trail.at(-1) && isUsable(target as Element) && isFocusNowhere()) trail = [];
      else onChange();
    });
  };
  const look = () => {
    timer = undefined;
    if (trail.length === 0 || !isFocusNowhere()) return;
    const back = trail.findLast((element) => element.isConnected && isOfTop(element));
    looks += 1;
    if (back === undefined || looks > looksMax) focus(title());
    else if (isUsable(back)) focus(back);
    else timer = window.setTimeout(look, patienceMs);
  };
  const onChange = () => {
    if (trail.length > 0 && isFocusNowhere()) timer ??= window.setTimeout(look, patienceMs);
  };
  const observer = new MutationObserver(onChange);
  document.addEventListener('focusin', onFocusIn);
  document.addEventListener('focusout', onFocusOut);
  observer.observe(document.body, { childList: true, subtree: true });
  return () => {
    document.removeEventListener('focusin', onFocusIn);
    document.removeEventListener('focusout', onFocusOut);
    observer.disconnect();
    clearTimeout(timer);
  };
}

function withLast(trail: readonly Element[], element: Element): readonly Element[] {
  const layer = element.closest(layers);
  const below = trail.findIndex((one) => one.closest(layers) === layer);
  return [...(below < 0 ? trail : trail.slice(0, below)), element];
}

function isFocusNowhere(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

/** A page that is left stays, unseen, until the next one has come. */
function isUsable(element: Element): boolean {
  return element.isConnected && element.checkVisibility() && !element.matches(':disabled');
}

/** Some are there all the time, and not shown. */
function openDialog(): Element | undefined {
  return [...document.querySelectorAll('[role=dialog]')].find((dialog) => dialog.checkVisibility());
}

/** A dialog keeps the focus within itself. */
function isOfTop(element: Element): boolean {
  return openDialog()?.contains(element) ?? true;
}

/** None while the page is on its way. */
function title(): Element | null {
  return openDialog()?.querySelector('h2') ?? document.querySelector('h1');
}

/** Screen readers read on from here. */
export function focus(element: Element | null): void {
  if (!(element instanceof HTMLElement)) return;
  if (element.tabIndex < 0) element.tabIndex = -1;
  element.focus({ preventScroll: true });
}
