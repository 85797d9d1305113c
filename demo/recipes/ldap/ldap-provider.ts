import type { Credentials, DirectoryProvider, DirectoryUser } from 'express-4d-directory'
import { AndFilter, Client, EqualityFilter, InvalidCredentialsError } from 'ldapts'

export interface LdapSettings {
  /** `ldaps://`; plain `ldap://` only on this machine, since passwords go over it. */
  readonly url: string
  /** Where users are, and where groups are. */
  readonly users: string
  readonly groups: string
  /** An account that may search both, and nothing else. */
  readonly readerName: string
  readonly readerPassword: string
}

// Active Directory has `sAMAccountName`, `displayName` and `group` instead, and bytes in `objectGUID`, to be handed over as hex digits.
const nameAttribute = 'uid'
const fullNameAttribute = 'cn'
const idAttribute = 'entryUUID'
const groupClass = 'groupOfNames'

interface Person {
  readonly dn: string
  readonly user: DirectoryUser
}

/**
 * Every value that came from outside goes into a filter object, which is sent as it is (RFC 4511 section 4.5.1), and never into a filter's text or a DN, where
 * `*`, `(` or `,` would mean something (RFC 4515, RFC 4514). The DN that is bound is the one that the server itself has answered.
 */
export class LdapProvider implements DirectoryProvider {
  readonly #settings: LdapSettings

  constructor(settings: LdapSettings) {
    const { protocol, hostname } = new URL(settings.url)
    if (protocol !== 'ldaps:' && !['127.0.0.1', '[::1]', 'localhost'].includes(hostname))
      throw new TypeError('LDAP_URL must start with ldaps:// for a server on another machine: passwords go over it')
    this.#settings = settings
  }

  async authenticate(credentials: Credentials): Promise<DirectoryUser | null> {
    // A bind with an empty password succeeds without looking at it (RFC 4513 section 5.1.2). express-4d-directory refuses these before; a second lock costs nothing.
    if (!('password' in credentials) || credentials.password === '') return null
    const { userName, password } = credentials
    const person = await this.#asReader((reader) => findPerson(reader, this.#settings.users, nameAttribute, userName))
    // The server overlooks blanks at both ends and doubled ones (RFC 4518 section 2.6.1), and more. To the login throttle these are other names, and whoever
    // guesses passwords would have as many attempts as there are spellings.
    if (person === null || !isSameName(person.user.userName, userName)) return null
    return (await this.#binds(person.dn, password)) ? person.user : null
  }

  /** `null` ends the live sessions of whoever is gone. */
  async findUserByID(ID: string) {
    const person = await this.#asReader((reader) => findPerson(reader, this.#settings.users, idAttribute, ID))
    return person && { ...person.user, passwordHash: null }
  }

  /** Up from the user through the groups that hold it: inner groups count. (Active Directory walks by itself: the rule 1.2.840.113556.1.4.1941.) */
  async belongsTo(user: DirectoryUser, group: string): Promise<boolean> {
    return this.#asReader(async (reader) => {
      const person = await findPerson(reader, this.#settings.users, idAttribute, user.ID)
      const seen = new Set<string>()
      let members = person === null ? [] : [person.dn]
      while (members.length > 0) {
        const outer = await Promise.all(members.map((dn) => this.#groupsOf(reader, dn)))
        // Groups may hold each other in a circle.
        const found = outer.flat().filter(({ dn }) => !seen.has(dn))
        if (found.some(({ name, ID }) => isSameName(name, group) || isSameName(bare(ID), bare(group)))) return true
        members = [...new Set(found.map(({ dn }) => dn))]
        for (const dn of members) seen.add(dn)
      }
      return false
    })
  }

  async #groupsOf(reader: Client, dn: string) {
    const { searchEntries } = await reader.search(this.#settings.groups, {
      filter: both('objectClass', groupClass, 'member', dn),
      attributes: ['cn', idAttribute]
    })
    return searchEntries.map((entry) => ({ dn: entry.dn, name: textOf(entry['cn']), ID: textOf(entry[idAttribute]) }))
  }

  /** Whether the server takes the password. Anything else that goes wrong is an exception: it says nothing about the password. */
  async #binds(name: string, password: string): Promise<boolean> {
    return withClient(this.#settings.url, async (client) => {
      try {
        await client.bind(name, password)
        return true
      } catch (error) {
        if (error instanceof InvalidCredentialsError) return false
        throw error
      }
    })
  }

  #asReader<T>(ask: (reader: Client) => Promise<T>): Promise<T> {
    const { url, readerName, readerPassword } = this.#settings
    return withClient(url, async (client) => {
      await client.bind(readerName, readerPassword)
      return ask(client)
    })
  }
}

/** A connection of its own for each question: a bind changes who the whole connection is. A busy server keeps some of the reader's open. */
async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  // All of a login together stays below providerTimeoutMilliseconds, after which nobody waits for it any more.
  const client = new Client({ url, connectTimeout: 1500, timeout: 1500 })
  try {
    return await use(client)
  } finally {
    await client.unbind().catch(() => undefined)
  }
}

/** The one person with that value. Of two it cannot be said who is meant, so that is nobody. */
async function findPerson(reader: Client, base: string, attribute: string, value: string): Promise<Person | null> {
  const { searchEntries } = await reader.search(base, {
    filter: both('objectClass', 'person', attribute, value),
    attributes: [nameAttribute, fullNameAttribute, idAttribute]
  })
  const [entry, other] = searchEntries
  if (entry === undefined || other !== undefined) return null
  const [userName, fullName, ID] = [nameAttribute, fullNameAttribute, idAttribute].map((name) => textOf(entry[name]))
  return { dn: entry.dn, user: { ID: ID ?? '', userName: userName ?? '', fullName: fullName ?? '' } }
}

function both(attribute: string, value: string, otherAttribute: string, otherValue: string): AndFilter {
  return new AndFilter({
    filters: [new EqualityFilter({ attribute, value }), new EqualityFilter({ attribute: otherAttribute, value: otherValue })]
  })
}

/** The first value of an attribute that may have several. */
function textOf(value: string | string[] | Buffer | Buffer[] | undefined): string {
  const first = Array.isArray(value) ? value[0] : value
  return first === undefined ? '' : first.toString()
}

/** Clients see a UUID as 32 hex digits. */
function bare(ID: string): string {
  return ID.replaceAll('-', '')
}

function isSameName(name: string, other: string): boolean {
  return name.normalize('NFC').toLowerCase() === other.normalize('NFC').toLowerCase()
}
