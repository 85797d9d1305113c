import type { ScenarioResult, Target } from '../result.js'

/** A scenario as text for a terminal: one line for each app, the columns told below. */
export function renderScenario({ title, columns, rows, noise }: ScenarioResult): string {
  const names = Object.keys(columns)
  const lines = rows.map(({ label, figures }) => [label, ...names.map((name) => renderFigure(figures[name] ?? null))])
  const legend = names.map((name) => `  ${name}: ${columns[name] ?? ''}`)
  const complaints = noise.map((complaint) => `  Too noisy to tell: ${complaint}`)
  return ['', title, '', ...align([['', ...names], ...lines]), '', ...legend, ...complaints].join('\n')
}

export function renderTargets(targets: readonly Target[]): string {
  if (targets.length === 0) return ''
  const lines = targets.map(({ what, wanted, measured, verdict }) => [what, wanted, renderFigure(measured), verdict])
  return ['', 'Targets', '', ...align([['', 'wanted', 'measured', ''], ...lines])].join('\n')
}

function renderFigure(figure: number | null): string {
  if (figure === null || Number.isNaN(figure)) return '-'
  const digits = Math.abs(figure) < 10 ? 3 : Math.abs(figure) < 1000 ? 1 : 0
  return figure.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Columns below each other: the first to the left, numbers to the right. */
function align(table: readonly (readonly string[])[]): readonly string[] {
  const widths = (table[0] ?? []).map((_cell, column) => Math.max(...table.map((line) => line[column]?.length ?? 0)))
  return table.map((line) =>
    line
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd()
  )
}
