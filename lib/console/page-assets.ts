import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface PageAssets {
  readonly style: string
  readonly script: string
}

/** In this order they make one script: later files call what earlier ones declare. */
const scripts = ['elements.js', 'times.js', 'actions.js', 'chart.js', 'session-table.js', 'audit.js', 'stream.js']

/**
 * The style and the script of the page, as text that goes into it: a page under any mount path and proxy prefix then needs no other URL than
 * its own. Files beside this one, in `lib` as in `dist`.
 */
export function readPageAssets(): PageAssets {
  const read = (name: string) => readFileSync(join(__dirname, 'browser', name), 'utf8')
  return { style: read('console.css'), script: `'use strict'\n${scripts.map(read).join('\n')}` }
}
