export const CREDENTIALS = { accessKeyId: 'AKIDLOCAL', secretAccessKey: 'local-secret' };
export const REGION = 'eu-west-1';
export const BUCKET = 'imports-bucket';
