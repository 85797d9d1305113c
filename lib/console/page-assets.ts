import { browserFiles } from './browser-files.generated.js'

/** In this order they make one script: later files call what earlier ones declare. */
const scripts = [
  'elements.js',
  'times.js',
  'actions.js',
  'chart.js',
  'session-table.js',
  'event-words.js',
  'audit.js',
  'figures.js',
  'stream.js'
] as const

/**
 * The style and the script of the page, as text that goes into it: a page under any mount path and proxy prefix then needs no other URL than
 * its own.
 */
export const pageAssets = {
  style: browserFiles['console.css'],
  script: `'use strict'\n${scripts.map((name) => browserFiles[name]).join('\n')}`
}
