import { useEffect, useRef } from 'react';

/**
 * A mail's HTML as mail programs show it, apart from the page's own styles. Nothing in it can be pressed or reached; its
 * text stands beside it for who reads by ear.
 */
export function MailView({ html }: { html: string }) {
  const here = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const host = here.current;
    if (host) draw(host.shadowRoot ?? host.attachShadow({ mode: 'open' }), html);
  }, [html]);
  return <div ref={here} inert data-testid="mail" />;
}

/**
 * The page's policy forbids styles that stand in HTML, also while it is parsed, and allows those set by script: so they
 * are parsed under other names. Values in a mail are escaped, so what is renamed is never a text.
 */
function draw(root: ShadowRoot, html: string): void {
  const renamed = html
    .replaceAll(/(\s)style=(?=["'])/g, '$1data-style=')
    .replaceAll(/<(\/?)style\b/g, '<$1template data-sheet');
  const { body, head } = new DOMParser().parseFromString(renamed, 'text/html');
  const sheet = document.createElement('div');
  sheet.className = body.className;
  sheet.dataset.style = body.dataset.style ?? '';
  sheet.append(...body.childNodes);
  for (const element of [sheet, ...sheet.querySelectorAll<HTMLElement>('[data-style]')]) {
    element.style.cssText = element.dataset.style ?? '';
  }
  root.adoptedStyleSheets = [...head.querySelectorAll<HTMLTemplateElement>('[data-sheet]')].map(sheetOf);
  root.replaceChildren(sheet);
}

function sheetOf(template: HTMLTemplateElement): CSSStyleSheet {
  const sheet = new CSSStyleSheet({ media: template.getAttribute('media') ?? '' });
  sheet.replaceSync(template.content.textContent ?? '');
  return sheet;
}
