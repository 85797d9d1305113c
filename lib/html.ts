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

/** A whole page, which loads nothing but what is in it. `style` is the element, with what its policy asks for. */
export function htmlPage({ title, style, body }: { readonly title: string; readonly style: string; readonly body: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
${style}
</head>
<body>${body}</body>
</html>
`
}
