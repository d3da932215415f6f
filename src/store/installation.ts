import { isDuplicate, reach, type Database } from './database.js';

interface Installation {
  _id: 'installation';
  /** Of the secret with which the first process began. */
  secret_fingerprint: string;
}

/** Whether a database was begun with the secret that has the fingerprint. A new database takes it as its own. */
export async function takesSecret(database: Database, secret_fingerprint: string): Promise<boolean> {
  const installations = database.collection<Installation>('installation');
  await reach(() => installations.insertOne({ _id: 'installation', secret_fingerprint })).catch((error) => {
    if (!isDuplicate(error)) throw error;
  });
  const found = await reach(() => installations.findOne({ _id: 'installation' }));
  return found?.secret_fingerprint === secret_fingerprint;
}
