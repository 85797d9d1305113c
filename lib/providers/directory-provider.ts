/**
 * What else a host knows of its users, such as an e-mail address or a role; users extend it by declaration merging:
 * `declare module 'express-4d-directory' { interface UserAttributes { email: string } }`. JSON values only.
 */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type -- to be merged with the app's own
export interface UserAttributes {}

/** Somebody who can log in. */
export interface DirectoryUser {
  /**
   * Names the user for good. Any non-empty string of up to 255 characters; goes back to the provider as it came. On the wire a UUID in any spelling becomes
   * 32 upper-case hex digits, anything else stays as it is.
   */
  readonly ID: string
  /** What the user logs in by. */
  readonly userName: string
  /** The name for people to read. */
  readonly fullName: string
  /**
   * Up to 4 KiB of JSON. On `req.directory.user` always an object, frozen, and not enumerable, so that no `res.json` shows it. Kept with the session, in clear.
   */
  readonly attributes?: Readonly<UserAttributes> | undefined
}

/** A user as a provider keeps it. */
export interface UserRecord extends DirectoryUser {
  /** One of the formats that `PasswordHasher` tells apart by their look; `null`: this user cannot log in with a password. */
  readonly passwordHash: string | null
  /** Default `false`. A disabled user cannot log in, and live sessions end at their next revalidation. */
  readonly disabled?: boolean | null | undefined
  /** Sessions that logged in before this moment end at their next revalidation. In milliseconds: seconds alone would leave out who logged in just before. */
  readonly credentialsChangedAt?: Date | null | undefined
}

/** A user as databases have it. */
export interface ProvidedUser {
  /** A number or bigint goes back to the provider as its digits. */
  readonly ID: string | number | bigint
  readonly userName: string
  /** Default `userName`. */
  readonly fullName?: string | null | undefined
  /** As in `DirectoryUser`. Default none. */
  readonly attributes?: Readonly<UserAttributes> | null | undefined
}

/** The same with what a login and a revalidation need. */
export interface ProvidedUserRecord extends ProvidedUser, Pick<UserRecord, 'passwordHash' | 'disabled' | 'credentialsChangedAt'> {}

/**
 * What a client sent to prove who it is: the password, or its 4D digest (`hashed-password-4D`).
 */
export type Credentials =
  { readonly userName: string; readonly password: string } | { readonly userName: string; readonly hashedPassword: string }

/**
 * Where users and groups come from: the host app's side of the directory. One of `findUser` and `authenticate` is required.
 *
 * `null`, and `undefined` where a query found no row, is "there is none"; a rejection is "could not find out" and is answered with 503, never with a refused login. What the promises
 * resolve to is checked, with an error that names the member.
 */
export interface DirectoryProvider {
  /** The user of that name, with the hash that we compare the password with. */
  findUser?(userName: string): Promise<ProvidedUserRecord | null | undefined>
  /** Checks the credentials itself (4D's On REST Authentication: an LDAP bind, another server). Wins over `findUser` where both are there. */
  authenticate?(credentials: Credentials, from: { readonly ip: string }): Promise<ProvidedUser | null | undefined>
  /** Whether the user is in the group of that name or, where no group has that name, of that ID. Nested groups count. Optional: nobody is in any group. */
  belongsTo?(user: DirectoryUser, group: string): Promise<boolean>
  /** Looked up again while a session lives; `null`, `disabled` or `credentialsChangedAt` after the login ends the session. */
  findUserByID?(ID: string): Promise<ProvidedUserRecord | null>
  /**
   * Called after a login with an outdated hash. A failure is an event, not a failed login.
   *
   * Write only where `user.passwordHash` still is what is stored (`UPDATE ... WHERE password_hash = $old`): the user may have set another password meanwhile.
   */
  updatePasswordHash?(user: UserRecord, passwordHash: string): Promise<void>
  /** `false`: no session without a user, as 4D does where a REST group is set. Read at each request. Default `true`. */
  readonly admitsGuests?: boolean | undefined
}
