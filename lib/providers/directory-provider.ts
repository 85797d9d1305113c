/** Somebody who can log in. */
export interface DirectoryUser {
  /**
   * Names the user for good. Any non-empty string; goes back to the provider as it came. On the wire a UUID in any spelling becomes
   * 32 upper-case hex digits, anything else stays as it is.
   */
  readonly ID: string
  readonly userName: string
  readonly fullName: string
  /** What else the host knows of the user, as JSON. Kept with the session. */
  readonly attributes?: Readonly<object>
}

/** A user as a provider keeps it. */
export interface UserRecord extends DirectoryUser {
  /** One of the formats that `PasswordHasher` tells apart by their look; `null`: this user cannot log in with a password. */
  readonly passwordHash: string | null
  /** Default `false`. A disabled user cannot log in, and live sessions end at their next revalidation. */
  readonly disabled?: boolean
  /** Sessions that logged in before this moment end at their next revalidation. */
  readonly credentialsChangedAt?: Date
}

/**
 * What a client sent to prove who it is: the password, or its 4D digest (`hashed-password-4D`).
 */
export type Credentials =
  { readonly userName: string; readonly password: string } | { readonly userName: string; readonly hashedPassword: string }

/**
 * Where users and groups come from: the host app's side of the directory. One of `findUser` and `authenticate` is required.
 *
 * `null` is "there is none"; a rejection is "could not find out" and is answered with 503, never with a refused login. What the promises
 * resolve to is checked, with an error that names the member.
 */
export interface DirectoryProvider {
  /** The user of that name, with the hash that we compare the password with. */
  findUser?(userName: string): Promise<UserRecord | null>
  /** Checks the credentials itself (4D's On REST Authentication: an LDAP bind, another server). Wins over `findUser` where both are there. */
  authenticate?(credentials: Credentials, from: { readonly ip: string }): Promise<DirectoryUser | null>
  /** Whether the user is in the group of that name or, where no group has that name, of that ID. Nested groups count. */
  belongsTo(user: DirectoryUser, group: string): Promise<boolean>
  /** Looked up again while a session lives; `null`, `disabled` or `credentialsChangedAt` after the login ends the session. */
  findUserByID?(ID: string): Promise<UserRecord | null>
  /**
   * Called after a login with an outdated hash. A failure is an event, not a failed login.
   *
   * Write only where `user.passwordHash` still is what is stored (`UPDATE ... WHERE password_hash = $old`): the user may have set another password meanwhile.
   */
  updatePasswordHash?(user: UserRecord, passwordHash: string): Promise<void>
}
