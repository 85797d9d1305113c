import { BcryptPool } from '../passwords/bcrypt-pool.js'
import { looksLikeDigest4D } from '../passwords/digest-4d.js'
import { mayUseREST, readBytes, understandDirectory, type DirectoryFile } from '../providers/directory-file/directory-file.js'
import type { UserRecord } from '../providers/directory-provider.js'
import { GroupMembership } from '../providers/group-membership.js'
import { toJSON, toSQL, type ExportedDirectory } from './export-formats.js'
import type { CommandStreams } from './command-streams.js'
import { progressBar } from './progress-bar.js'
import { readWholeNumber, runWithOptions, UsageError } from './run-with-options.js'

const usage = `Usage: express-4d-directory export --directory PATH [--format json|sql] [--cost N] [--no-rest-group]

Prints the users, groups and password hashes of a 4D project, for a users table of your own. Every 4D digest (unsalted
MD5) comes out as a bcrypt hash of that digest, so that everybody logs in as before. The file itself stays as it is.

  --directory PATH   the project's Settings/directory.json
  --format FORMAT    json: what StaticProvider takes (default); sql: four tables and their rows
  --cost N           the work of the hashes: 4 to 15, each the double of the one before; default 10
  --no-rest-group    don't disable users outside the group that 4D lets use REST (settings.localMobileAccessGroupRW)
`

const options = {
  directory: { type: 'string' },
  format: { type: 'string' },
  cost: { type: 'string' },
  'no-rest-group': { type: 'boolean' }
} as const

/** The command `export`. Resolves to the exit code. */
export async function runExport(args: readonly string[], streams: CommandStreams): Promise<number> {
  return await runWithOptions(args, streams, { usage, options }, async (values) => {
    const { directory: path, format = 'json' } = values
    if (!path) throw new UsageError('--directory is missing: the path of a directory.json')
    if (format !== 'json' && format !== 'sql') throw new UsageError(`--format must be json or sql, received ${JSON.stringify(format)}`)
    const cost = readWholeNumber('cost', values.cost, { lowest: 4, highest: 15, otherwise: 10 })

    const file = understandDirectory(path, await readBytes(path))
    for (const warning of file.warnings) streams.stderr.write(`Warning: ${warning}\n`)
    const directory = await exportDirectory(file, { cost, restGroup: !values['no-rest-group'], tell: progressBar(streams.stderr) })
    streams.stdout.write(format === 'json' ? toJSON(directory) : toSQL(directory))
    return 0
  })
}

async function exportDirectory(
  file: DirectoryFile,
  { cost, restGroup, tell }: { cost: number; restGroup: boolean; tell: (done: number, of: number) => void }
): Promise<ExportedDirectory> {
  const membership = new GroupMembership(file.groups)
  const digests = file.users.filter((user) => looksLikeDigest4D(user.passwordHash)).length
  const pool = new BcryptPool({ cost, maxWaiting: Math.max(1, digests) })
  let done = 0
  try {
    const users = await Promise.all(
      file.users.map(async ({ ID, userName, passwordHash }): Promise<UserRecord> => {
        const record = { ID, userName, fullName: userName, disabled: restGroup && !mayUseREST(file, membership, ID) }
        if (!looksLikeDigest4D(passwordHash)) return { ...record, passwordHash }
        const lifted = await pool.hashDigest4D(passwordHash)
        tell(++done, digests)
        return { ...record, passwordHash: lifted }
      })
    )
    return { users, groups: file.groups }
  } finally {
    await pool.close()
  }
}
