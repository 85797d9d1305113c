export interface ParsedAnswer {
  readonly status: number
  /** Names in lower case and values, as they came. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export function headersOf(answer: ParsedAnswer, name: string): readonly string[] {
  return answer.headers.filter(([key]) => key === name).map(([, value]) => value)
}

/**
 * The answers to pipelined requests. `methods` says which of them have no body.
 *
 * @throws for anything that is not a row of whole answers.
 */
export function parseAnswers(received: string, methods: readonly string[]): readonly ParsedAnswer[] {
  const answers: ParsedAnswer[] = []
  let from = 0
  while (from < received.length) {
    const headEnd = received.indexOf('\r\n\r\n', from)
    if (headEnd === -1) throw new Error(`an answer without an end: ${received.slice(from, from + 200)}`)
    const [statusLine = '', ...lines] = received.slice(from, headEnd).split('\r\n')
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1])
    if (!(status >= 100)) throw new Error(`no status line: ${statusLine.slice(0, 200)}`)
    const headers = lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const)
    const lengthText = headers.find(([name]) => name === 'content-length')?.[1]
    const hasNoBody = status === 204 || status === 304 || methods[answers.length] === 'HEAD'
    const endsWithConnection = lengthText === undefined && headers.some(([name, value]) => name === 'connection' && value === 'close')
    const length = hasNoBody ? 0 : endsWithConnection ? received.length - headEnd - 4 : Number(lengthText ?? 0)
    const bodyEnd = headEnd + 4 + length
    if (bodyEnd > received.length) throw new Error(`an answer that was cut off: ${statusLine}`)
    answers.push({ status, headers, body: received.slice(headEnd + 4, bodyEnd) })
    from = bodyEnd
  }
  return answers
}
