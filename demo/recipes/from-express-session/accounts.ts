import { compare, hash } from 'bcryptjs'

/** A user of this app, as it has been all along. */
export interface Account {
  readonly ID: string
  readonly userName: string
  readonly fullName: string
  readonly passwordHash: string
}

/** The app's users, before and after the move. */
export class Accounts {
  readonly #accounts: readonly Account[]

  private constructor(accounts: readonly Account[]) {
    this.#accounts = accounts
  }

  static async open(): Promise<Accounts> {
    return new Accounts([
      { ID: '17', userName: 'jsmith', fullName: 'John Smith', passwordHash: await hash('smith', 10) },
      { ID: '18', userName: 'anna', fullName: 'Anna Kuhn', passwordHash: await hash('kuhn', 10) }
    ])
  }

  findUser(userName: string): Promise<Account | null> {
    return Promise.resolve(this.#accounts.find((account) => account.userName === userName.toLowerCase()) ?? null)
  }

  findUserByID(ID: string): Promise<Account | null> {
    return Promise.resolve(this.#accounts.find((account) => account.ID === ID) ?? null)
  }

  /** The account with that name and password; `null`: none. */
  async check(userName: string, password: string): Promise<Account | null> {
    const account = await this.findUser(userName)
    return account !== null && (await compare(password, account.passwordHash)) ? account : null
  }
}
