import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { freePort } from './free-port.js'
import { page, root } from './pages.js'
import { Program } from './program.js'

/** The program of a reader, and where it listens. */
export interface ReadersServer {
  readonly program: Program
  readonly url: string
}

/** The project that somebody makes who does what the guides say, and nothing else. */
export class ReadersProject {
  // Inside the repository, so that packages are found.
  readonly #folder = mkdtempSync(join(root, 'spec', '.project-'))
  readonly #programs: Program[] = []

  constructor() {
    writeFileSync(join(this.#folder, 'package.json'), '{ "type": "module" }')
  }

  /** Saves the files that a page shows, and adds the lines that it shows for files that are there. */
  follow(path: string): void {
    for (const { marks, text } of page(path).snippets) {
      const [file, grown] = [marks.get('file'), marks.get('insert')]
      if (file !== undefined) writeFileSync(join(this.#folder, file), text)
      if (grown !== undefined) this.#insert(grown, text)
    }
  }

  // Where the file says that the reader's own come. Imports may stand there: they are hoisted.
  #insert(file: string, lines: string): void {
    const path = join(this.#folder, file)
    const text = readFileSync(path, 'utf8')
    if (!text.includes('come here.')) throw new Error(`${file} has no place for more`)
    writeFileSync(
      path,
      text.replace(/^.* come here\.$/m, (place) => `${lines}\n${place}`)
    )
  }

  /** Runs `server.ts` on a free port, and waits until it listens. */
  async start(environment: Readonly<Record<string, string>> = {}): Promise<ReadersServer> {
    const port = await freePort()
    const program = this.#run({ PORT: String(port), ...environment }, 'server.ts')
    await program.says(/Listening on/)
    return { program, url: `http://127.0.0.1:${port}` }
  }

  /** Runs the tests of the reader, and gives what they printed once they have ended. */
  async test(): Promise<string> {
    const program = this.#run({}, '--test', 'app.test.ts')
    await program.ends()
    return program.printed + program.complaint
  }

  #run(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Program {
    const settings = { DATABASE_FILE: join(this.#folder, 'users.db'), NODE_ENV: 'development', ...environment }
    const variables = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
    const inFolder = args.map((argument) => (argument.endsWith('.ts') ? join(this.#folder, argument) : argument))
    const program = new Program('env', ...variables, process.execPath, '--import', 'tsx', ...inFolder)
    this.#programs.push(program)
    return program
  }

  async remove(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.kill()))
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
