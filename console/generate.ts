/** `npm run client`: makes the types of the console's client from the description of the API (`openapi.json`). */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import openapiTS, { astToString } from 'openapi-typescript';
import { openApiDocument } from 'roster/domain/openapi';

// As plain JSON, which is what the API serves.
const document = JSON.parse(JSON.stringify(openApiDocument()));
const types = astToString(await openapiTS(document, { rootTypes: true, rootTypesNoSchemaPrefix: true }));
const head = '/** Made by `npm run client` from the API’s description; not for editing. */\n';
await writeFile(join(import.meta.dirname, 'src/api/schema.ts'), head + types);
