import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import ts from 'typescript'
import { afterAll, describe, expect, it } from 'vitest'

import { defaults } from '../lib/options.js'
import { DirectoryError, type DirectoryErrorCode } from '../lib/errors.js'
import { readThrottleLimits } from '../lib/auth/throttle/rules.js'
import { freePort } from './support/free-port.js'
import { runCurl } from './support/run-curl.js'

const root = resolve(__dirname, '..')
const readme = readFileSync(join(root, 'README.md'), 'utf8')

interface Snippet {
  readonly title: string
  readonly language: string
  readonly marks: Readonly<Record<string, string>>
  readonly text: string
}

const snippets = [...readme.matchAll(/(?:<!-- (?<mark>.*?) -->\n\n)?```(?<language>\w+)\n(?<text>[\s\S]*?)```/g)].map(
  ({ groups, index }): Snippet => {
    const { mark = '', language = '', text = '' } = groups ?? {}
    const line = readme.slice(0, index).split('\n').length
    const [name = '', value = ''] = mark.split(': ')
    return { title: `line ${line}`, language, marks: mark === '' ? {} : { [name]: value }, text }
  }
)

describe('the snippets of the README', () => {
  it('compile', { timeout: 120_000 }, () => {
    const sources = new Map(
      snippets
        .filter(({ language }) => language === 'ts')
        .map(({ title, marks, text }) => {
          const context = marks['context'] === undefined ? '' : `import { ${marks['context']} } from './spec/support/readme-context.js'\n`
          return [join(root, `README-${title.replace(' ', '-')}.ts`), `${context}${text}\nexport {}\n`]
        })
    )

    expect(sources.size).toBeGreaterThan(5)
    expect(diagnose(sources)).toEqual([])
  })
})

describe('the answers that the README shows', () => {
  const children: ChildProcess[] = []
  const scratch = mkdtempSync(join(root, 'spec', '.readme-'))

  afterAll(() => {
    for (const child of children) child.kill()
    rmSync(scratch, { recursive: true, force: true })
  })

  it.each(['quick-start', 'demo'])('come out of the %s', async (name) => {
    const source = snippets.find(({ marks }) => marks['runs'] === name)
    const port = await freePort()
    const program = source ? join(scratch, 'quick-start.ts') : join(root, 'demo', 'server.ts')
    if (source) writeFileSync(program, source.text)
    const child = spawn(process.execPath, ['--import', 'tsx', program], {
      cwd: root,
      env: { ...process.env, PORT: String(port) },
      stdio: 'ignore'
    })
    children.push(child)
    await answers(port, child)

    const shown = snippets.filter(({ marks }) => marks['answers'] === name).flatMap(({ text }) => conversationsOf(text))

    expect(shown.length).toBeGreaterThan(1)
    const jar = new Map<string, string>()
    for (const { command, answer } of shown) expect(await runCurl(command.replaceAll(':8044', `:${port}`), jar)).toBe(answer)
  })
})

describe('the tables of the README', () => {
  it('A7.1.1, A7.1.2: state the defaults that the code has', () => {
    const stated = Object.entries({
      ...flatten('session', defaults.session),
      ...flatten('quotas', defaults.quotas),
      ...flatten('cookie', defaults.cookie),
      ...flatten('rest', defaults.rest)
    })
    const { revalidateSeconds, providerTimeoutMilliseconds } = defaults
    const all = [...stated, ...Object.entries({ revalidateSeconds, providerTimeoutMilliseconds })]

    for (const [option, value] of all) {
      expect(readme, option).toMatch(new RegExp(`\\| \`${option.replace('.', '\\.')}\` +\\| ${spelled(option, value)} +\\|`))
    }
  })

  it("state every limit of the throttle with the code's default", () => {
    const [row = ''] = /\| `new MemoryLoginThrottle\(\.\.\.\)`.*/.exec(readme) ?? []

    const stated = [...row.matchAll(/`(?<name>[a-zA-Z]+)` (?<value>\d+)/g)].map(({ groups }) => [
      groups?.['name'],
      Number(groups?.['value'])
    ])

    expect(Object.fromEntries(stated)).toEqual({ ...readThrottleLimits({}), maxKeys: 100_000 })
  })

  it('list every error with its number and status', () => {
    const rows = [...readme.matchAll(/\| `(?<code>ERR_\w+)` +\| (?<errCode>\d+) +\| (?<status>\d+) +\|/g)]

    expect(rows).toHaveLength(15)
    for (const { groups } of rows) {
      const error = new DirectoryError(groups?.['code'] as DirectoryErrorCode, '')
      expect(groups).toMatchObject({ errCode: String(error.errCode), status: String(error.status) })
    }
  })
})

/** What the compiler has to say about these sources, with the settings of this project. */
function diagnose(sources: ReadonlyMap<string, string>): readonly string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: object }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const settings = { ...options, noUnusedLocals: false, noUnusedParameters: false, noPropertyAccessFromIndexSignature: false }
  const host = ts.createCompilerHost(settings)
  const getSourceFile = host.getSourceFile.bind(host)
  host.getSourceFile = (path, ...others) => {
    const text = sources.get(path)
    return text === undefined ? getSourceFile(path, ...others) : ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true)
  }
  const program = ts.createProgram([...sources.keys()], settings, host)
  return [...sources.keys()].flatMap((path) => {
    const file = program.getSourceFile(path)
    return ts
      .getPreEmitDiagnostics(program, file)
      .map(({ messageText }) => `${path.slice(root.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
  })
}

function conversationsOf(text: string): readonly { command: string; answer: string }[] {
  return [...text.matchAll(/^(?<command>curl .*)\n# (?<answer>.*)$/gm)].map(({ groups }) => ({
    command: groups?.['command'] ?? '',
    answer: groups?.['answer'] ?? ''
  }))
}

function flatten(group: string, values: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${group}.${name}`, value]))
}

function spelled(option: string, value: unknown): string {
  if (option === 'rest.minIdleMinutes') return `the smaller of ${String(value)} and \`idleMinutes\``
  if (value === Infinity) return 'unlimited'
  if (typeof value === 'string') return `\`'${value}'\``
  return typeof value === 'boolean' ? `\`${value}\`` : String(value)
}

async function answers(port: number, child: ChildProcess): Promise<void> {
  await expect
    .poll(
      async () => {
        if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
        return await fetch(`http://127.0.0.1:${port}/rest/$directory/currentUser`).then(
          ({ status }) => status,
          () => 0
        )
      },
      { timeout: 25_000 }
    )
    .toBe(200)
}
