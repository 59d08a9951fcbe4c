import { createHash } from 'node:crypto';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/**
 * Cloudscape's style sheet holds its fonts as data, eight faces of 17 KB. As files they load only where they are used, and
 * the site's policy needs no `data:`.
 */
function fontsAsFiles(): Plugin {
  return {
    name: 'fonts-as-files',
    generateBundle(_, bundle) {
      for (const asset of Object.values(bundle)) {
        if (asset.type !== 'asset' || !asset.fileName.endsWith('.css')) continue;
        asset.source = String(asset.source).replaceAll(
          /url\(["']?data:[^,)]*font[^,)]*;base64,([^"')]+)["']?\)/g,
          (_, text) => {
            const source = Buffer.from(text, 'base64');
            const digest = createHash('sha256').update(source).digest('base64url').slice(0, 8);
            const fileName = `assets/font-${digest}.woff2`;
            this.emitFile({ type: 'asset', fileName, source });
            return `url(/${fileName})`;
          },
        );
      }
    },
  };
}

/**
 * The console at `/`; `public/`, the members' pages, is copied as it is. Styles and scripts are files of their own, for
 * the policy of the site takes none that stand in a page.
 */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), fontsAsFiles()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_200,
  },
});
