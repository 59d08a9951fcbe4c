import type * as z from 'zod';
import { MusterError } from '../domain/errors.ts';
import type { Item } from './table-errors.ts';

/**
 * Reads a stored item by its schema; the key's own attributes fall away.
 * @throws MusterError `corrupt_item` where the item is not as it should be; never "not found" (design section 4).
 */
export function parseItem<S extends z.ZodType>(schema: S, item: Item, what: string): z.output<S> {
  const parsed = schema.safeParse(item);
  if (!parsed.success) {
    throw new MusterError('corrupt_item', `A stored ${what} cannot be read.`, { cause: parsed.error });
  }
  return parsed.data;
}
