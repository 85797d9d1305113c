import { EventEmitter } from 'node:events'

import { readerOf } from '../../checks/member-reader.js'
import { refuseWithoutMD5 } from '../../passwords/password-formats.js'
import { admitsGuests, mayUseREST, understandDirectory, type DirectoryFile } from './directory-file.js'
import { DirectoryFileError } from './error.js'
import type { DirectoryProvider, DirectoryUser, UserRecord } from '../directory-provider.js'
import { readBytes } from './read-bytes.js'
import { FileWatch, type FileContent } from './watch.js'
import { GroupMembership } from '../group-membership.js'
import { UserIndex } from '../user-index.js'

/** How a `directory.json` is read. */
export interface DirectoryFileOptions {
  /** Reads the file again when it changes, and keeps no process alive for that. Default `false`. */
  readonly watch?: boolean | undefined
  /** Lets in only whom `settings.localMobileAccessGroupRW` lets use REST. Default `true`. */
  readonly restGroup?: boolean | undefined
  /** Default `Date.now`; has to be the router's clock. */
  readonly now?: (() => number) | undefined
}

type CheckedFileOptions = { readonly [Option in keyof DirectoryFileOptions]-?: NonNullable<DirectoryFileOptions[Option]> }

/** The file has been read again and holds from now on; or it is broken, and the last good one still holds. */
export interface DirectoryFileEvents {
  /** With what is odd about the file, as `warnings` has it. */
  reloaded: [warnings: readonly string[]]
  /** With what is wrong, and where. */
  'reload-failed': [error: DirectoryFileError]
}

interface Snapshot {
  readonly users: UserIndex
  readonly membership: GroupMembership
  readonly admitsGuests: boolean
  readonly warnings: readonly string[]
  readonly counts: DirectoryCounts
}

/** How many there are. */
export interface DirectoryCounts {
  readonly users: number
  readonly groups: number
}

/**
 * Users and groups of a 4D project: its `Settings/directory.json`, which is read and never written.
 *
 * Names are the ones that 4D shows: for `designer` and `administrator` their alias, where they have one. The file has no IDs: a user's is
 * the first 128 bits of SHA-256 over `user:` and the key in the file (a group's over `group:`), as 32 upper-case hex digits, and so the same on
 * every machine. A user without a password has the empty one, which logs in only with the router's `allowEmptyPasswords`.
 *
 * ```ts
 * const provider = await DirectoryFileProvider.open('Settings/directory.json', { watch: true })
 * provider.events.on('reload-failed', (error) => console.error(error.message))
 * ```
 */
export class DirectoryFileProvider implements DirectoryProvider {
  /** `reloaded` with the warnings; `reload-failed` with a `DirectoryFileError`. Only with `watch`. */
  readonly events = new EventEmitter<DirectoryFileEvents>()
  readonly #path: string
  readonly #restGroup: boolean
  readonly #now: () => number
  readonly #credentials = new Map<string, { readonly passwordHash: string; readonly changedAt?: Date }>()
  #snapshot: Snapshot
  #watch: FileWatch | null = null

  private constructor(path: string, file: DirectoryFile, options: CheckedFileOptions) {
    this.#path = path
    this.#restGroup = options.restGroup
    this.#now = options.now
    this.#snapshot = this.#snapshotOf(file)
  }

  /** Reads the file. Rejects with a `DirectoryFileError` that says what is wrong and where. */
  static async open(path: string, options: DirectoryFileOptions = {}): Promise<DirectoryFileProvider> {
    if (typeof path !== 'string' || path === '') throw new TypeError('path must be the path of a directory.json')
    const reader = readerOf(
      options,
      ['watch', 'restGroup', 'now'],
      "DirectoryFileProvider.open('Settings/directory.json', { watch: true })"
    )
    const checked: CheckedFileOptions = {
      watch: reader.boolean('watch', false),
      restGroup: reader.boolean('restGroup', true),
      now: reader.callback<() => number>('now') ?? Date.now
    }
    const bytes = await readBytes(path)
    const file = understandDirectory(path, bytes)
    refuseWithoutMD5(file.users)
    const provider = new DirectoryFileProvider(path, file, checked)
    if (checked.watch) provider.#watch = new FileWatch(path, bytes, (content) => provider.#reload(content))
    return provider
  }

  /** What is odd in the file without being wrong, such as a group that names an unknown user: one sentence each. */
  get warnings(): readonly string[] {
    return this.#snapshot.warnings
  }

  /** For a line in the log. */
  get counts(): DirectoryCounts {
    return this.#snapshot.counts
  }

  /** `false` where a REST group is set, as in 4D: no session without a user. */
  get admitsGuests(): boolean {
    return this.#snapshot.admitsGuests
  }

  findUser(userName: string): Promise<UserRecord | null> {
    return Promise.resolve(this.#snapshot.users.findByName(userName))
  }

  findUserByID(ID: string): Promise<UserRecord | null> {
    return Promise.resolve(this.#snapshot.users.findByID(ID))
  }

  belongsTo(user: DirectoryUser, group: string): Promise<boolean> {
    return Promise.resolve(this.#snapshot.membership.belongsTo(user.ID, group))
  }

  /** The names of the groups that the user is in, nested ones included. */
  groupsOf(user: DirectoryUser): readonly string[] {
    return this.#snapshot.membership.groupsOf(user.ID)
  }

  /** Stops watching. What has been read goes on holding. */
  async close(): Promise<void> {
    await this.#watch?.close()
  }

  #reload(content: FileContent): void {
    try {
      if (content instanceof DirectoryFileError) throw content
      this.#snapshot = this.#snapshotOf(understandDirectory(this.#path, content))
    } catch (error) {
      if (!(error instanceof DirectoryFileError)) throw error
      this.#emit(() => this.events.emit('reload-failed', error))
      return
    }
    this.#emit(() => this.events.emit('reloaded', this.warnings))
  }

  // Outside the watch's own work, so that a listener that throws does not end it.
  #emit(emit: () => void): void {
    process.nextTick(emit)
  }

  #snapshotOf(file: DirectoryFile): Snapshot {
    const membership = new GroupMembership(file.groups)
    const users = file.users.map(({ ID, userName, passwordHash }) => {
      const credentialsChangedAt = this.#noteCredentials(ID, passwordHash)
      return Object.freeze({
        ID,
        userName,
        fullName: userName,
        passwordHash,
        // Disabled and not left out: whoever may not log in gets the same answer as whoever does not exist, after the same work.
        disabled: this.#restGroup && !mayUseREST(file, membership, ID),
        ...(credentialsChangedAt && { credentialsChangedAt })
      })
    })
    return {
      users: new UserIndex(users),
      membership,
      admitsGuests: !this.#restGroup || admitsGuests(file),
      warnings: Object.freeze([...file.warnings]),
      counts: Object.freeze({ users: users.length, groups: file.groups.length })
    }
  }

  /** A password that changed while we watched ends the sessions that began with the old one. Kept for users who are gone, too: they may come back. */
  #noteCredentials(ID: string, passwordHash: string): Date | undefined {
    const known = this.#credentials.get(ID)
    if (known?.passwordHash === passwordHash) return known.changedAt
    const changed = known ? { passwordHash, changedAt: new Date(this.#now()) } : { passwordHash }
    this.#credentials.set(ID, changed)
    return changed.changedAt
  }
}
