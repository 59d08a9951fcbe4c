import '@cloudscape-design/global-styles/index.css';
import './main.css';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { startTheme } from './app/theme.ts';
import { session } from './session/session.ts';
import { startTexts } from './texts/language.ts';

// A tab that is open while a new version is deployed asks for files that are gone: it begins anew, once.
window.addEventListener('vite:preloadError', () => {
  const last = Number(sessionStorage.getItem('muster.reloaded') ?? 0);
  if (Date.now() - last < 10_000) return;
  sessionStorage.setItem('muster.reloaded', String(Date.now()));
  location.reload();
});

startTheme();
await Promise.all([startTexts(), session.start()]);
createRoot(document.getElementById('root')!).render(<App />);
