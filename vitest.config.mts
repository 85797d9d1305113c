import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const alias = [
  { find: /^express-4d-directory$/, replacement: here('lib/index.ts') },
  { find: /^express-4d-directory\/(redis|postgres|console|testing)$/, replacement: here('lib/') + '$1.ts' }
]

/** Which files each command runs; a file's ending says how long its specs take and what they need. CONTRIBUTING.md has the table. */
const endings = {
  quick: ['spec'],
  all: ['spec', 'slow'],
  long: ['long'],
  package: ['package']
}
/** What says something new on Express 4 in a quick run: where the two majors differ. A full run takes all that goes through HTTP. */
const express4 = {
  quick: ['guards', 'host-mounting', 'host-parsers', 'protocol-endpoints', 'protocol-errors'].map(
    (name) => `spec/acceptance/${name}.spec.ts`
  ),
  all: ['acceptance', 'fuzz', 'field'].map((room) => `spec/${room}/**/*.{spec,slow}.ts`),
  long: [],
  package: []
}

const specs = process.env['SPECS'] ?? 'quick'
if (!isRun(specs)) throw new Error(`SPECS must be one of ${Object.keys(endings).join(', ')}, received ${specs}`)

// Two projects: everything on Express 5, and what goes through HTTP once more on Express 4, with lib's own import of Express replaced too:
// a Router of 5 inside an app of 4 would hide mistakes.
export default defineConfig({
  test: {
    // Vitest would leave one core to itself, though most files wait for servers half of the time. Packages are installed one at a time.
    maxWorkers: specs === 'package' ? 1 : '100%',
    testTimeout: specs === 'quick' || specs === 'all' ? 30_000 : 900_000,
    hookTimeout: specs === 'package' ? 900_000 : 60_000,
    // A server that is busy with others may be late; what never comes fails all the same.
    expect: { poll: { timeout: 10_000 } },
    globalSetup: here('scripts/embed-files.mjs'),
    setupFiles: here('spec/support/quiet-warnings.ts'),
    // A shared machine that stops for seconds is nobody's defect; what fails twice is. Elsewhere nothing is tried again.
    retry: process.env['CI'] === 'true' ? 1 : 0,
    reporters: ['default', here('spec/support/closing-lines-reporter.ts')],
    projects: [
      {
        extends: true,
        resolve: { alias },
        test: {
          name: 'express-5',
          include: endings[specs].map((ending) => `spec/**/*.${ending}.ts`),
          env: { EXPRESS_MAJOR: '5' }
        }
      },
      {
        extends: true,
        resolve: { alias: [...alias, { find: /^express$/, replacement: here('node_modules/express4/index.js') }] },
        test: { name: 'express-4', include: express4[specs], env: { EXPRESS_MAJOR: '4' } }
      }
    ]
  }
})

function isRun(name: string): name is keyof typeof endings {
  return Object.hasOwn(endings, name)
}
