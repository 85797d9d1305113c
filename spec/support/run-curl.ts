import { parseArgs } from 'node:util'

import type { Page } from './pages.js'
import { ask } from './visitor.js'

/**
 * Does what a `curl` line of the guides does, so that no curl is needed: `-X`, `-H`, `-d`, `-c` and `-b`, with single quotes as a shell takes them.
 * `jars` holds the cookie files by their names.
 */
export async function runCurl(command: string, jars: Map<string, string>): Promise<string> {
  const words = [...command.matchAll(/'(?<quoted>[^']*)'|(?<bare>\S+)/g)].map(({ groups }) => groups?.['quoted'] ?? groups?.['bare'] ?? '')
  const { values, positionals } = parseArgs({
    args: words.slice(1),
    allowPositionals: true,
    options: {
      request: { type: 'string', short: 'X' },
      header: { type: 'string', short: 'H', multiple: true },
      data: { type: 'string', short: 'd' },
      'cookie-jar': { type: 'string', short: 'c' },
      cookie: { type: 'string', short: 'b' }
    }
  })
  const headers = Object.fromEntries((values.header ?? []).map((header) => header.split(': ', 2) as [string, string]))
  const cookie = jars.get(values.cookie ?? '')
  const body = values.data
  const answer = await ask(positionals[0] ?? '', {
    method: values.request ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      ...(body !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      ...(cookie !== undefined && { cookie }),
      ...headers
    },
    ...(body !== undefined && { body })
  })
  const [setCookie] = answer.setCookies
  if (values['cookie-jar'] !== undefined && setCookie !== undefined)
    jars.set(values['cookie-jar'], setCookie.slice(0, setCookie.indexOf(';')))
  return answer.text
}

/** The `curl` lines of a page that show their answer, in order; those of the blocks whose answers are `name`'s, where a name is given. */
export function conversationsIn({ snippets }: Pick<Page, 'snippets'>, name?: string): readonly { command: string; answer: string }[] {
  const shown = snippets.filter(({ marks }) => marks.has('answers') && (name === undefined || marks.get('answers') === name))
  return shown.flatMap(({ text }) =>
    [...text.matchAll(/^(?<command>curl .*)\n# (?<answer>.*)$/gm)].map(({ groups }) => ({
      command: groups?.['command'] ?? '',
      answer: groups?.['answer'] ?? ''
    }))
  )
}
