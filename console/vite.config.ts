import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/**
 * Cloudscape's style sheet holds eight faces of its font as data, which people would wait for. Without them texts are in
 * fonts that are there already (`src/main.css`), and the site's policy needs no `data:` for fonts.
 */
function withoutFonts(): Plugin {
  return {
    name: 'without-fonts',
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes('@cloudscape-design/global-styles/index.css')) return undefined;
      return { code: code.replaceAll(/@font-face\s*{[^}]*}/g, ''), map: null };
    },
  };
}

/** Cloudscape's frame holds a drawer of news about features, and with it a list whose rows are dragged: nothing here opens it. */
function withoutFeatureNews(): Plugin {
  return {
    name: 'without-feature-news',
    enforce: 'pre',
    load: (id) =>
      id.endsWith('/app-layout/visual-refresh-toolbar/drawer/feature-notifications-drawer-content.js')
        ? 'export default () => null; export const RuntimeContentPart = () => null;'
        : undefined,
  };
}

/**
 * What everybody loads is two files with all that they import, for a large file is smaller by gzip than many small ones, and
 * comes sooner: what signing in takes, then the frame with the roster. Other pages bring what they alone need.
 */
const start = {
  name: 'start',
  test: /src\/(app\/(App|theme)|pages\/sign-in\/SignInPage)\.tsx?$/,
  priority: 2,
};
const frame = { name: 'frame', test: /src\/(app\/Shell|pages\/members\/MembersPage)\.tsx$/, priority: 1 };

/**
 * The console at `/`; `public/`, the members' pages, is copied as it is. Styles and scripts are files of their own, for
 * the policy of the site takes none that stand in a page.
 */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [withoutFonts(), withoutFeatureNews(), react()],
  // Cloudscape's messages come parsed.
  resolve: {
    alias: { '@formatjs/icu-messageformat-parser': '@formatjs/icu-messageformat-parser/lib/no-parser.js' },
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_200,
    rolldownOptions: { output: { codeSplitting: { groups: [start, frame] } } },
  },
});
