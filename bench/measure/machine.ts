import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'

export interface Machine {
  readonly processor: string
  readonly cores: number
  readonly memoryGigabytes: number
  readonly platform: string
  readonly node: string
}

const measured = [
  'express',
  'express-session',
  'connect-redis',
  'cookie-session',
  'passport',
  'passport-local',
  'bcryptjs',
  'redis',
  'pg',
  'autocannon'
]

export function describeMachine(): Machine {
  return {
    processor: cpus()[0]?.model.trim() ?? 'unknown',
    cores: allowedCores().length,
    memoryGigabytes: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version
  }
}

/** What is installed of the packages that are measured. */
export function packageVersions(root: string): Readonly<Record<string, string>> {
  return Object.fromEntries(measured.map((name) => [name, versionOf(root, name)]))
}

/** One core for the apps and another for the clients; `null`: they cannot be pinned here, and the numbers will be noisier. */
export function coresToPin(): { readonly apps: number | null; readonly load: number | null } {
  const [apps, load] = allowedCores()
  if (apps === undefined || load === undefined || !hasTaskset()) return { apps: null, load: null }
  return { apps, load }
}

/** The cores that this process may run on: a container is often given some only. */
function allowedCores(): readonly number[] {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? ''
    return list.split(',').flatMap((range) => {
      const [first = NaN, last = first] = range.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    })
  } catch {
    return cpus().map((_cpu, index) => index)
  }
}

function hasTaskset(): boolean {
  return spawnSync('taskset', ['--version'], { stdio: 'ignore' }).status === 0
}

// Read as a file: some packages do not export theirs.
function versionOf(root: string, name: string): string {
  const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as { readonly version: string }
  return manifest.version
}
