const hidden = '***'

/** The text without these secrets, in the spellings in which drivers quote them, and without the passwords of URLs in it. */
export function hideSecrets(text: string, secrets: readonly string[]): string {
  const spellings = secrets.filter((secret) => secret !== '').flatMap(spellingsOf)
  // The longest first: one secret may be a part of another.
  const sorted = spellings.sort((one, other) => other.length - one.length)
  return sorted.reduce((shown, secret) => shown.replaceAll(secret, hidden), hidePasswordsOfURLs(text))
}

/** `redis://user:password@host` and `?password=...`. */
function hidePasswordsOfURLs(text: string): string {
  return text
    .replace(/(:\/\/[^\s/?#:@]*:)\S*@/g, `$1${hidden}@`)
    .replace(/([?&](?:password|passwd|pass|pwd|secret|token)=)[^\s&]*/gi, `$1${hidden}`)
}

function spellingsOf(secret: string): string[] {
  return [secret, JSON.stringify(secret).slice(1, -1), new URLSearchParams([['', secret]]).toString().slice(1)]
}
