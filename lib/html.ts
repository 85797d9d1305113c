/** HTML that needs no more escaping. */
export interface Html {
  readonly text: string
}

/** A template of HTML: every value in it is escaped, unless it is HTML from here. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html)[]): Html {
  const text = parts.map((part, index) => {
    const value = values[index] ?? ''
    return part + (typeof value === 'string' ? escapeHtml(value) : value.text)
  })
  return { text: text.join('') }
}

/** For text and for attributes in quotes (OWASP XSS Prevention Cheat Sheet, rules 1 and 2). */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`)
}
