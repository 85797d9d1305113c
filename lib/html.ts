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

/**
 * Headers of a page that loads nothing but what is in it, and is neither kept nor framed. `policy` says what else it may do. `same-origin` and not `no-referrer`: under
 * the latter browsers send `Origin: null` with the page's own posts, and on plain HTTP nothing else tells these from another site's (Fetch, "append a request Origin
 * header").
 */
export function pageHeaders(...policy: readonly string[]): Readonly<Record<string, string>> {
  const directives = ["default-src 'none'", ...policy, 'img-src data:', "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]
  return {
    'Content-Security-Policy': directives.join('; '),
    'Cache-Control': 'no-store',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY'
  }
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
