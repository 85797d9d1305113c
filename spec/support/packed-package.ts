import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const root = resolve(__dirname, '../..')

export interface PackedPackage {
  /** The path of the `.tgz`. */
  readonly tarball: string
  /** What is in it, by path from the package's own folder. */
  readonly files: readonly string[]
}

/** What of the package's own description the specs use. */
export interface Manifest {
  readonly name: string
  readonly bin: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
  readonly dependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

export const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest

/** Builds the package and packs it into that folder, as publishing would. */
export async function packPackage(into: string): Promise<PackedPackage> {
  await run('npm', ['run', 'build'], root)
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', into], root)
  const [described] = JSON.parse(packed) as [{ filename: string; files: readonly { path: string }[] }]
  return { tarball: join(into, described.filename), files: described.files.map(({ path }) => path).sort() }
}

/**
 * Installs it into the folder's node_modules as npm would, without asking a registry: the tarball unpacked, and what it depends on beside it. Gives the
 * folder of the package.
 */
export async function installPacked(tarball: string, folder: string): Promise<string> {
  const modules = join(folder, 'node_modules')
  const home = join(modules, manifest.name)
  mkdirSync(home, { recursive: true })
  await run('tar', ['-xzf', tarball, '--strip-components=1', '-C', home], folder)
  for (const name of [...Object.keys(manifest.dependencies), 'express']) {
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(modules, name))
  }
  return home
}

/** Runs a program to its end and gives what it printed; an exit code other than 0 is an error that shows all of its output. */
export async function run(file: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  try {
    // With NODE_ENV=test, which is vitest's, Express would not log what it answers for us.
    const { stdout } = await promisify(execFile)(file, args, { cwd, env: { ...process.env, ...env }, maxBuffer: 64 << 20 })
    return stdout
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string }
    throw new Error(`${file} ${args.join(' ')} failed in ${cwd}:\n${stdout}${stderr}`, { cause: error })
  }
}
