import { digest4D } from './digest-4d.js'

/** What a login proves itself with: the password, or its 4D digest (24 characters of base64). */
export type LoginSecret = { readonly password: string } | { readonly hashedPassword: string }

/**
 * A secret that remembers its 4D digest, for its whole way through a login: throttle, verification and upgrade digest it once between them. Hand on what
 * comes out of here as it is.
 */
export function loginSecret(secret: LoginSecret): DigestedPassword | { readonly hashedPassword: string } {
  if (secret instanceof DigestedPassword) return secret
  // One member and no other, for the secret is what identifies a verification.
  return 'password' in secret ? new DigestedPassword(secret.password) : { hashedPassword: secret.hashedPassword }
}

/** The 4D digest that a secret is or has, in one spelling for both headers; `null` where it takes MD5 and the host has none. */
export function digestOf(secret: LoginSecret): string | null {
  const digested = loginSecret(secret)
  return 'password' in digested ? digested.digest : digested.hashedPassword
}

/** Digested when somebody first asks, and then no more. */
class DigestedPassword {
  readonly password: string
  #digest: string | null = null

  constructor(password: string) {
    this.password = password
  }

  get digest(): string | null {
    try {
      this.#digest ??= digest4D(this.password)
    } catch {
      // This host has no MD5.
    }
    return this.#digest
  }
}
