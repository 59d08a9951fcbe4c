/** What a camera makes of a picture. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Locator } from 'playwright-core';
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader';

/** Reads the one QR code of what is seen there. @throws Error if there is none, or more than one */
export async function qrCodeOf(seen: Locator): Promise<string> {
  const wasm = await readFile(fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm')));
  // By itself it would fetch this file.
  prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(wasm).buffer } });
  const codes = await readBarcodes(new Blob([new Uint8Array(await seen.screenshot())]), {
    formats: ['QRCode'],
  });
  const [code] = codes;
  if (code === undefined || codes.length > 1) throw new Error(`There are ${codes.length} QR codes.`);
  return code.text;
}
