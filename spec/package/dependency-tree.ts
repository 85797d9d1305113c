interface LockedPackage {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/**
 * What comes along with a package, as an indented list of names and major versions, by the lock file of an installation. Majors alone: a list with every
 * patch would tell of other people's releases and not of changes here.
 */
export function dependencyTree(lockFile: string, name: string): string {
  const { packages } = JSON.parse(lockFile) as { packages: Readonly<Record<string, LockedPackage>> }
  const lines: string[] = []

  function walk(path: string, depth: number): void {
    const { dependencies = {}, optionalDependencies = {} } = packages[path] ?? {}
    for (const dependency of Object.keys({ ...dependencies, ...optionalDependencies }).sort()) {
      const found = locate(packages, path, dependency)
      const isOptional = dependency in optionalDependencies
      const [major] = packages[found]?.version?.split('.') ?? []
      lines.push(`${'  '.repeat(depth)}${dependency} ${major ?? 'not installed'}${isOptional ? ', optional' : ''}`)
      if (found !== '') walk(found, depth + 1)
    }
  }

  walk(`node_modules/${name}`, 0)
  return `${lines.join('\n')}\n`
}

/** Where Node would find it: in the package's own node_modules, else in those above. */
function locate(packages: Readonly<Record<string, LockedPackage>>, from: string, name: string): string {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const path = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (path in packages) return path
    if (folder === '') return ''
  }
}
