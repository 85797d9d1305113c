import { createHash, randomBytes } from 'node:crypto'

const minutesOfLink = 15

/** Secrets that unlock an account, each once; a table in a real site, where their hashes alone are stored. */
export class UnlockLinks {
  readonly #links = new Map<string, { readonly hash: string; readonly endsAt: number }>()

  /** The secret of a link for that user, who gets one at a time; `null`: the last one still works, so that nobody's mailbox is filled. */
  create(ID: string, now: number): string | null {
    if ((this.#links.get(ID)?.endsAt ?? 0) > now) return null
    const secret = randomBytes(32).toString('base64url')
    this.#links.set(ID, { hash: hashOf(secret), endsAt: now + minutesOfLink * 60_000 })
    return secret
  }

  /** Whose link it is; `null`: nobody's, or it has been used, or is too old. */
  take(secret: unknown, now: number): string | null {
    if (typeof secret !== 'string') return null
    const hash = hashOf(secret)
    const [ID] = [...this.#links].find(([, link]) => link.hash === hash && link.endsAt > now) ?? []
    if (ID === undefined) return null
    this.#links.delete(ID)
    return ID
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
