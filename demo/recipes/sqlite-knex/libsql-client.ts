import { createRequire } from 'node:module'

import { Knex } from 'knex'

const require = createRequire(__filename)
const BetterSqlite3Client = require('knex/lib/dialects/better-sqlite3/index.js') as typeof Knex.Client

/**
 * Knex' client for better-sqlite3 over `libsql`, which has the same interface and comes from npm ready built. Where better-sqlite3 is installed,
 * `client: 'better-sqlite3'` does instead.
 */
export class LibsqlClient extends BetterSqlite3Client {
  _driver(): unknown {
    return require('libsql')
  }
}
