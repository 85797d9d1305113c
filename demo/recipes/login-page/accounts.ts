import type { DirectoryProvider } from 'express-4d-directory'

/** A user of this site. The directory reads of it what it knows, and hands out no more than ID and names. */
export interface Account {
  readonly ID: string
  readonly userName: string
  readonly fullName: string
  readonly email: string
  readonly passwordHash: string
  /** Sessions that are older end. */
  readonly credentialsChangedAt: Date | null
  /** In base 32, as authenticator apps take it; `null`: a password is enough for this user. */
  readonly totpSecret: string | null
  /** The time step of the code that was used last. */
  readonly usedStep: number
  /** How many codes were tried in which time step. */
  readonly tries: { readonly step: number; readonly count: number }
}

/** Parallel guesses all come before the first of them is counted as a failure, so they are counted here as well. */
const mostTriesPerStep = 5

/** The table of users, in memory here. Each method that changes one is a single UPDATE in a database, with its condition. */
export class Accounts implements DirectoryProvider {
  readonly #accounts: Map<string, Account>

  constructor(accounts: readonly Account[]) {
    this.#accounts = new Map(accounts.map((account) => [account.ID, account]))
  }

  findUser(userName: string): Promise<Account | null> {
    return Promise.resolve([...this.#accounts.values()].find((account) => account.userName === userName.toLowerCase()) ?? null)
  }

  findUserByID(ID: string): Promise<Account | null> {
    return Promise.resolve(this.#accounts.get(ID) ?? null)
  }

  rename(ID: string, fullName: string): Promise<boolean> {
    return this.#update(ID, () => ({ fullName }))
  }

  changePassword(ID: string, passwordHash: string, now: number): Promise<boolean> {
    return this.#update(ID, () => ({ passwordHash, credentialsChangedAt: new Date(now) }))
  }

  /** Whether one more code may be tried: `WHERE tries_step < :step OR tries_count < 5`. */
  tryCode(ID: string, step: number): Promise<boolean> {
    return this.#update(ID, ({ tries }) => {
      const count = tries.step === step ? tries.count + 1 : 1
      return count <= mostTriesPerStep && { tries: { step, count } }
    })
  }

  /** Whether the code of that time step is fresh: `WHERE used_step < :step`. */
  useCode(ID: string, step: number): Promise<boolean> {
    return this.#update(ID, ({ usedStep }) => usedStep < step && { usedStep: step })
  }

  #update(ID: string, change: (account: Account) => Partial<Account> | false): Promise<boolean> {
    const account = this.#accounts.get(ID)
    const changed = account !== undefined && change(account)
    if (changed) this.#accounts.set(ID, { ...account, ...changed })
    return Promise.resolve(Boolean(changed))
  }
}
