import { BcryptPool } from '../passwords/bcrypt-pool.js'
import { looksLikeDigest4D } from '../passwords/digest-4d.js'
import { mayUseREST, understandDirectory, type DirectoryFile } from '../providers/directory-file/directory-file.js'
import { readBytes } from '../providers/directory-file/read-bytes.js'
import type { UserRecord } from '../providers/directory-provider.js'
import { GroupMembership } from '../providers/group-membership.js'
import { toJSON, toSQL, type ExportedDirectory } from './export-formats.js'
import type { CommandStreams } from './command-streams.js'
import { progress } from './progress.js'

/** What was asked for. */
export interface ExportSettings {
  readonly directory: string
  readonly format: 'json' | 'sql'
  readonly cost: number
  readonly restGroup: boolean
}

/** The command `export`. Resolves to the exit code. */
export async function runExport({ directory: path, format, cost, restGroup }: ExportSettings, streams: CommandStreams): Promise<number> {
  const file = understandDirectory(path, await readBytes(path))
  for (const warning of file.warnings) streams.stderr.write(`Warning: ${warning}\n`)
  const directory = await exportDirectory(file, { cost, restGroup, tell: progress(streams.stderr) })
  streams.stdout.write(format === 'json' ? toJSON(directory) : toSQL(directory))
  return 0
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
