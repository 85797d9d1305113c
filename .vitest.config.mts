import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const alias = [
  { find: /^express-4d-directory$/, replacement: here('lib/index.ts') },
  { find: /^express-4d-directory\/(redis|postgres|console|testing)$/, replacement: here('lib/') + '$1.ts' }
]
const everywhere = ['spec/acceptance/**/*.spec.ts', 'spec/fuzz/**/*.spec.ts']
const { CI, LONG, PACKAGE } = process.env
// What `npm test` runs, what takes minutes, and what installs the packed tarball from the npm registry.
const kind = LONG === '1' ? 'long' : PACKAGE === '1' ? 'package' : 'spec'

// Two projects: everything on Express 5, and what goes through HTTP once more on Express 4, with lib's own import of Express replaced too:
// a Router of 5 inside an app of 4 would hide mistakes.
export default defineConfig({
  test: {
    // On two cores vitest would take one file after the other, though most of them wait for servers and browsers half of the time.
    ...(kind !== 'package' && { maxWorkers: 2 }),
    testTimeout: kind === 'spec' ? 30_000 : 900_000,
    hookTimeout: kind === 'package' ? 900_000 : 60_000,
    // A shared machine that stops for seconds is nobody's defect; what fails twice is. Elsewhere nothing is tried again.
    retry: CI === 'true' ? 1 : 0,
    projects: [
      {
        extends: true,
        resolve: { alias },
        test: { name: 'express-5', include: [`spec/**/*.${kind}.ts`], env: { EXPRESS_MAJOR: '5' } }
      },
      {
        extends: true,
        resolve: { alias: [...alias, { find: /^express$/, replacement: here('node_modules/express4/index.js') }] },
        test: { name: 'express-4', include: kind === 'spec' ? everywhere : [], env: { EXPRESS_MAJOR: '4' } }
      }
    ]
  }
})
