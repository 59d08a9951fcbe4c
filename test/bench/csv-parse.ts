import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';

/** CPU seconds of this process for reading a CSV file into objects by csv-parse, the yardstick of this machine. */
export async function csvParseCpuSeconds(file: string): Promise<number> {
  const before = process.cpuUsage();
  let rows = 0;
  for await (const _ of createReadStream(file).pipe(parse({ bom: true, columns: true }))) rows += 1;
  const { user, system } = process.cpuUsage(before);
  if (rows === 0) throw new Error(`${file} has no rows.`);
  return (user + system) / 1e6;
}
