import type { Column } from 'roster/domain/schema';
import { describe, expect, inject, it } from 'vitest';
import { newTenant } from '../support/cloud.ts';

const columns: Column[] = [{ name: 'ID', type: 'text', role: 'externalId', required: true }];
const pages = ['/join', '/reset', '/register', '/register/chess-club', '/unsubscribe', '/account'];

const cloud = inject('cloud');

const get = (path: string, init?: RequestInit) => fetch(cloud.url + path, init);

/** The addresses that a page or a module of it names. */
function filesIn(text: string, from: string): string[] {
  const named = [...text.matchAll(/(?:href|src|from|import) ?=? ?["']([^"']+\.(?:js|css|svg))["']/g)];
  return named.map(([, file]) => new URL(file!, new URL(from, 'https://muster.example')).pathname);
}

const types: Record<string, string> = { js: 'text/javascript', css: 'text/css', svg: 'image/svg+xml' };

describe("the members' pages", () => {
  it.each(pages)('%s is a page that nothing keeps and nothing else runs in', async (path) => {
    const page = await get(path);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html');
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const policy = page.headers.get('content-security-policy');
    for (const part of [
      "default-src 'none'",
      "script-src 'self'",
      "form-action 'none'",
      "connect-src 'self'",
    ]) {
      expect(policy).toContain(part);
    }
    expect(policy).not.toContain('unsafe');
    const html = await page.text();
    expect(html).toContain('<noscript>');
    expect(html).not.toMatch(/<script(?![^>]*src=)|<style|\sstyle=|\son\w+=|https?:/);
  });

  it('have all the files that they name, and small ones', async () => {
    const seen = new Map<string, number>();
    const waiting = pages.slice();
    while (waiting.length > 0) {
      const path = waiting.pop()!;
      if (seen.has(path)) continue;
      const answer = await get(path);
      expect(answer.status, path).toBe(200);
      const type = types[path.split('.')[1] ?? ''];
      if (type) expect(answer.headers.get('content-type'), path).toBe(type);
      const text = await answer.text();
      seen.set(path, Buffer.byteLength(text));
      waiting.push(...filesIn(text, path));
    }
    expect([...seen.keys()]).toEqual(
      expect.arrayContaining(['/pages/join.js', '/pages/page.css', '/pages/words.js']),
    );
    const bytes = [...seen.values()].reduce((sum, size) => sum + size, 0);
    // Uncompressed and all pages together; the aim is 150 KB compressed for one.
    expect(bytes).toBeLessThan(100_000);
  });

  it.each(['/joins', '/join/', '/reset.html', '/account/x', '/unsubscribe/join', '/Join'])(
    'are not at %s',
    async (path) => {
      expect((await get(path)).status).toBe(403);
    },
  );

  it('take no forms, whatever presses their links (B6)', async () => {
    const club = await newTenant(cloud, 'Chess Club', columns);
    const at = `/orgs/${club.organization}/members`;
    const body = { values: { ID: 'ada' }, account: { username: 'ada' } };
    expect((await club.client.send('POST', at, { body })).status).toBe(201);
    const { url } = await (await club.client.send('POST', `${at}/ada/reset-link`)).json();
    const [path, token] = url.split('#');
    expect(path).toBe('/reset');
    const form = new URLSearchParams({ token, newPassword: 'Of-A-Scanner-2026' });
    const scans = Array.from({ length: 20 }, async (_, index) => {
      const method = ['GET', 'HEAD', 'POST'][index % 3]!;
      const sent = method === 'POST' ? { body: form } : {};
      return [method, (await get(`${path}?token=${token}`, { method, ...sent })).status];
    });
    for (const [method, status] of await Promise.all(scans))
      expect(status).toBe(method === 'POST' ? 403 : 200);
    const left = await get('/api/v1/public/resets/inspect', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    expect(await left.json()).toMatchObject({ name: 'Chess Club', username: 'ada' });
  });
});
