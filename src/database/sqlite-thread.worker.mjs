// @ts-check
/**
 * A connection in a thread of its own: a commit waits for the disk, and a search for its rows, here and nowhere else.
 * Plain JavaScript, so that Node starts it as it stands, from the sources and from the build alike.
 */
import { parentPort, workerData } from 'node:worker_threads';
import Sqlite from 'better-sqlite3';

if (parentPort === null) throw new Error('This file is the start of a worker thread.');
const port = parentPort;

const database = new Sqlite(workerData.path, { timeout: workerData.busyTimeoutMs });
database.pragma('journal_mode = WAL');
database.pragma('synchronous = FULL');
database.pragma('foreign_keys = ON');
database.pragma('case_sensitive_like = ON');
if (workerData.isQueryOnly) database.pragma('query_only = ON');

/** @type {Map<string, import('better-sqlite3').Statement>} */
const statements = new Map();

/** @param {string} sql */
function prepare(sql) {
  let statement = statements.get(sql);
  if (statement === undefined) {
    if (statements.size >= 256) statements.clear();
    statement = database.prepare(sql);
    statements.set(sql, statement);
  }
  return statement;
}

/** @param {string} sql @param {readonly unknown[]} parameters */
function execute(sql, parameters) {
  const statement = prepare(sql);
  // SQLite ends a transaction itself when the disk is full or fails; the error that said so is the one that counts.
  if (sql === 'rollback' && !database.inTransaction) return { rows: [], changes: 0, insertID: 0 };
  if (statement.reader) return { rows: statement.all(...parameters), changes: 0, insertID: 0 };
  const { changes, lastInsertRowid } = statement.run(...parameters);
  return { rows: [], changes, insertID: Number(lastInsertRowid) };
}

port.on('message', (/** @type {{id: number, sql: string, parameters: readonly unknown[]} | 'close'} */ message) => {
  if (message === 'close') {
    database.close();
    port.close();
    return;
  }
  try {
    port.postMessage({ id: message.id, result: execute(message.sql, message.parameters) });
  } catch (error) {
    const { code, message: text } = /** @type {Error & {code?: string}} */ (error);
    port.postMessage({ id: message.id, error: { code: code ?? 'SQLITE_ERROR', message: text } });
  }
});
