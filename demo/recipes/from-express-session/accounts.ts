import { compare, hash } from 'bcryptjs'

/** A user of this app, as it has been all along. */
export interface Account {
  readonly ID: string
  readonly userName: string
  readonly fullName: string
  readonly passwordHash: string
  readonly attributes: { readonly email: string }
}

/** The app's users, before and after the move, when they are the directory's provider as they are. */
export class Accounts {
  readonly #accounts: readonly Account[]
  readonly #pictures = new Map<string, Buffer>()

  private constructor(accounts: readonly Account[]) {
    this.#accounts = accounts
  }

  static async open(): Promise<Accounts> {
    const account = async (ID: string, userName: string, fullName: string, password: string): Promise<Account> => {
      return { ID, userName, fullName, passwordHash: await hash(password, 10), attributes: { email: `${userName}@example.com` } }
    }
    return new Accounts([await account('17', 'jsmith', 'John Smith', 'smith'), await account('18', 'anna', 'Anna Kuhn', 'kuhn')])
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

  pictureOf(ID: string): Buffer | null {
    return this.#pictures.get(ID) ?? null
  }

  keepPicture(ID: string, picture: Buffer): void {
    this.#pictures.set(ID, picture)
  }
}
