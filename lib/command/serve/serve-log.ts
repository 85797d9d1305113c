import type { DirectoryEvent, DirectoryProvider } from '../../index.js'
import type { CommandStreams } from '../command-streams.js'
import { describeEvent } from './describe-event.js'

export interface ServeLogParts {
  readonly streams: CommandStreams
  /** One JSON object a line, for programs, and not a sentence a line. */
  readonly json: boolean
  readonly provider: Pick<Required<DirectoryProvider>, 'findUserByID'>
}

/** What `serve` tells its operator: on standard output what it does and who logs in, on standard error what is wrong. */
export class ServeLog {
  readonly #parts: ServeLogParts
  #written: Promise<void> = Promise.resolve()

  constructor(parts: ServeLogParts) {
    this.#parts = parts
  }

  /** What `serve` itself does: `text` for people, the rest for programs. */
  note(event: string, text: string, details: object): void {
    const { streams, json } = this.#parts
    streams.stdout.write(json ? line({ time: new Date(), event, ...details }) : `${text}\n`)
  }

  warn(text: string): void {
    const { streams, json } = this.#parts
    streams.stderr.write(json ? line({ time: new Date(), event: 'warning', level: 'WARN', reason: text }) : `${text}\n`)
  }

  /** A login, a logout, a refusal. Events are written in the order in which they were raised. */
  tell(event: DirectoryEvent): void {
    this.#written = this.#written.then(async () => this.#write({ ...event, reason: await this.#explain(event) }))
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    await this.#written
  }

  #write(event: DirectoryEvent): void {
    const { streams, json } = this.#parts
    const text = json ? line(event) : describeEvent(event)
    if (text !== null) streams.stdout.write(json ? text : `${text}\n`)
  }

  /** The client is told the same whatever was wrong (ASVS 6.3.8). Whoever runs this on a laptop has to know. */
  async #explain({ event, userID, reason }: DirectoryEvent): Promise<string> {
    if (event !== 'authn_login_fail' || reason !== 'wrong credentials') return reason
    const user = userID === null ? null : await this.#parts.provider.findUserByID(userID)
    if (user === null) return 'there is no such user'
    return user.disabled ? 'not in the group that may use REST' : 'wrong password'
  }
}

function line(members: object): string {
  return `${JSON.stringify(members)}\n`
}
