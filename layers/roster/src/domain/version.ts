/** Muster's version, the same as the package's; `GET /config.json` and the OpenAPI document show it. */
export const version = '0.1.0';
