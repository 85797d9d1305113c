import type { ScenarioResult } from '../result.js'
import type { SavedResults } from './saved-results.js'

const themes = {
  light: { text: '#1f2328', muted: '#59636e', line: '#d1d9e0', ours: '#0969da', theirs: '#afb8c1' },
  dark: { text: '#f0f6fc', muted: '#9198a1', line: '#3d444d', ours: '#4493f8', theirs: '#656c76' }
} as const

export type Theme = keyof typeof themes

interface Bar {
  readonly label: string
  readonly value: number
}

interface Panel {
  readonly title: string
  readonly unit: string
  readonly bars: readonly Bar[]
}

const width = 800
const barHeight = 18
const gap = 8
const labelWidth = 330
const panelHead = 44

/** The saved results as a picture: what a live session costs, and what becomes of other requests while many log in. Without scripts and fonts of its own. */
export function drawChart(results: SavedResults, theme: Theme): string {
  const { text, muted } = themes[theme]
  const panels = [...sessionPanels(results), ...loginPanels(results)]
  const parts: string[] = []
  let y = 8
  for (const panel of panels) {
    parts.push(...drawPanel(panel, y, theme))
    y += panelHead + panel.bars.length * (barHeight + gap) + 16
  }
  const { processor, cores, node } = results.machine
  const footer = `Measured ${results.date} on ${processor}, ${cores} cores, Node ${node}; npm run bench`
  parts.push(`<text x="0" y="${y + 8}" fill="${muted}" font-size="12">${escapeText(footer)}</text>`)
  const height = y + 20
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" font-family="system-ui, sans-serif" fill="${text}">`,
    `<title>${escapeText(describe(panels))}</title>`,
    ...parts,
    '</svg>',
    ''
  ].join('\n')
}

function sessionPanels({ scenarios }: SavedResults): readonly Panel[] {
  const bars = barsOf(scenarios, 'live-session', 'ratio').filter(({ label }) => !label.includes('(control)'))
  return bars.length === 0 ? [] : [{ title: 'CPU per request with a live session', unit: 'bare Express = 1', bars }]
}

function loginPanels({ scenarios }: SavedResults): readonly Panel[] {
  const bars = barsOf(scenarios, 'logins', 'burstP99').map(({ label, value }) => ({ label, value: value / 1000 }))
  return bars.length === 0 ? [] : [{ title: 'p99 of other requests during 64 concurrent logins', unit: 'milliseconds', bars }]
}

function barsOf(scenarios: readonly ScenarioResult[], name: string, column: string): readonly Bar[] {
  const rows = scenarios.find((scenario) => scenario.name === name)?.rows ?? []
  return rows.flatMap(({ label, figures }) => {
    const value = figures[column] ?? null
    return value === null ? [] : [{ label, value }]
  })
}

function drawPanel({ title, unit, bars }: Panel, top: number, theme: Theme): readonly string[] {
  const { muted, line, ours, theirs } = themes[theme]
  const largest = Math.max(...bars.map(({ value }) => value))
  const scale = (width - labelWidth - 70) / largest
  const head = `<text x="0" y="${top + 16}" font-size="15" font-weight="600">${escapeText(title)} <tspan fill="${muted}" font-size="12" font-weight="400">${escapeText(unit)}</tspan></text>`
  const drawn = bars.flatMap(({ label, value }, index) => {
    const y = top + panelHead - 12 + index * (barHeight + gap)
    const length = Math.max(1, value * scale)
    const color = label.startsWith('express-4d-directory') ? ours : theirs
    return [
      `<text x="${labelWidth - 8}" y="${y + 13}" font-size="12" text-anchor="end">${escapeText(label)}</text>`,
      `<rect x="${labelWidth}" y="${y}" width="${length.toFixed(1)}" height="${barHeight}" rx="2" fill="${color}"/>`,
      `<text x="${(labelWidth + length + 6).toFixed(1)}" y="${y + 13}" font-size="12" fill="${muted}">${renderValue(value)}</text>`
    ]
  })
  const first = top + panelHead - 16
  const axis = `<line x1="${labelWidth}" y1="${first}" x2="${labelWidth}" y2="${first + bars.length * (barHeight + gap)}" stroke="${line}"/>`
  return [head, axis, ...drawn]
}

/** For those who hear the picture. */
function describe(panels: readonly Panel[]): string {
  return panels
    .map(({ title, unit, bars }) => `${title} (${unit}): ${bars.map(({ label, value }) => `${label} ${renderValue(value)}`).join(', ')}.`)
    .join(' ')
}

function renderValue(value: number): string {
  return value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString('en')
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
