import type { SampleRoster } from '../domain/template.ts';
import type { FileBody } from './reply.ts';

/**
 * Writes a sample roster in the format asked for. The writers are loaded when first needed: most calls of the
 * function never are about a template, and need not wait for them on a cold start.
 */
export async function templateFile(sample: SampleRoster, format: 'csv' | 'xlsx'): Promise<FileBody> {
  const { csvTemplate, xlsxTemplate } = await import('../files/template.ts');
  return format === 'csv' ? csvTemplate(sample) : xlsxTemplate(sample);
}
