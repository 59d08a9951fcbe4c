import { isPasswordLabel } from '../domain/passwords.ts';
import type { HeaderInfo, RecordBatch } from '../files/read.ts';

/** What the file's header says, with some values of each column: what an admin looks at to say what they mean. */
export interface SurveyedHeader {
  encoding: string;
  delimiter: string;
  format: 'csv' | 'xlsx';
  headers: { name: string; samples: string[] }[];
}

const rowsLookedAtMax = 200;
const samplesMax = 3;
const sampleLengthMax = 80;

/** Gathers a few values of each column from the first rows of a file. Of a column of passwords it takes none. */
export class HeaderSurvey {
  private readonly info: HeaderInfo;
  private readonly samples: Set<string>[];
  private rows = 0;

  constructor(info: HeaderInfo) {
    this.info = info;
    this.samples = info.names.map(() => new Set());
  }

  /** Whether enough rows were looked at. */
  get isDone(): boolean {
    return this.rows >= rowsLookedAtMax;
  }

  take(batch: RecordBatch): void {
    if (this.isDone) return;
    for (const record of batch) {
      if (this.isDone) return;
      this.rows += 1;
      if (record.malformed) continue;
      for (const [position, samples] of this.samples.entries()) {
        if (samples.size < samplesMax) this.add(samples, position, record.field(position));
      }
    }
  }

  private add(samples: Set<string>, position: number, field: string): void {
    const value = field.trim();
    if (value === '' || isPasswordLabel(this.info.names[position] as string)) return;
    samples.add(value.length > sampleLengthMax ? `${value.slice(0, sampleLengthMax)}…` : value);
  }

  get result(): SurveyedHeader {
    const { encoding, delimiter, format, names } = this.info;
    const headers = names.map((name, at) => ({ name, samples: [...(this.samples[at] as Set<string>)] }));
    return { encoding, delimiter, format, headers };
  }
}
