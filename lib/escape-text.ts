// C0, C1, line and paragraph separators, and what changes the direction of writing.
// eslint-disable-next-line no-control-regex -- these are the characters meant
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Log forging (OWASP Logging Cheat Sheet): line ends and terminal escapes in a user name would write lines of their own. */
export function escapeControlCharacters(text: string): string {
  return text.replace(controlCharacters, (character) => '\\u' + character.charCodeAt(0).toString(16).padStart(4, '0'))
}

/** The same in so many characters at most, the six of an escape counted: one byte for six is what swells a log. None is cut in two. */
export function escapeAndCut(text: string, mostCharacters: number): string {
  const escaped = escapeControlCharacters(text.slice(0, mostCharacters))
  if (escaped.length <= mostCharacters) return escaped
  const cut = escaped.slice(0, mostCharacters)
  const halfEscape = /\\(?:u[0-9a-f]{0,3})?$/.exec(cut)
  return halfEscape === null ? cut : cut.slice(0, halfEscape.index)
}
