import { basename, dirname, join } from 'node:path'

import ts from 'typescript'

import { root } from './pages.js'

/** What the compiler has to say about these sources, by path, with the settings of this project. A folder of sources is one of ES modules. */
export function diagnose(sources: ReadonlyMap<string, string>): readonly string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as { config: object }
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root)
  const settings = { ...options, noUnusedLocals: false, noUnusedParameters: false, noPropertyAccessFromIndexSignature: false }
  const program = ts.createProgram([...sources.keys()], settings, hostOf(sources, settings))
  return [...sources.keys()].flatMap((path) => {
    const file = program.getSourceFile(path)
    return ts
      .getPreEmitDiagnostics(program, file)
      .map(({ messageText }) => `${path.slice(root.length + 1)}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`)
  })
}

/** The files of this project, and the sources as if they lay among them. */
function hostOf(sources: ReadonlyMap<string, string>, settings: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(settings)
  const files = { ...host }
  const folders = new Set([...sources.keys()].map(dirname))
  const textOf = (path: string) => {
    const isManifest = basename(path) === 'package.json' && folders.has(dirname(path))
    return isManifest ? '{"type":"module"}' : sources.get(path)
  }
  host.readFile = (path) => textOf(path) ?? files.readFile(path)
  host.fileExists = (path) => textOf(path) !== undefined || files.fileExists(path)
  host.directoryExists = (path) => folders.has(path) || files.directoryExists?.(path) === true
  host.getSourceFile = (path, language, ...others) => {
    const text = sources.get(path)
    return text === undefined ? files.getSourceFile(path, language, ...others) : ts.createSourceFile(path, text, language, true)
  }
  return host
}
