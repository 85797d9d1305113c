import { describe, expect, it } from 'vitest'

import { drawChart } from '../../bench/report/chart.js'
import type { SavedResults } from '../../bench/report/saved-results.js'

const results: SavedResults = {
  date: '2026-11-21',
  size: 'full',
  machine: { processor: 'Processor <X> & Co', cores: 2, memoryGigabytes: 8, platform: 'linux x64', node: 'v20.19.0' },
  versions: {},
  scenarios: [
    {
      name: 'live-session',
      title: 'A live session',
      columns: { ratio: 'CPU per request' },
      rows: [
        { label: 'bare Express', figures: { ratio: 1 } },
        { label: 'bare Express once more (control)', figures: { ratio: 1.01 } },
        { label: 'express-4d-directory', figures: { ratio: 1.09 } },
        { label: 'express-session, MemoryStore', figures: { ratio: 2.2 } }
      ],
      targets: [],
      noise: []
    }
  ]
}

describe.each(['light', 'dark'] as const)('the chart in its %s colours', (theme) => {
  it('shows and says what was measured of everybody but the control, when and on what', () => {
    const chart = drawChart(results, theme)

    for (const part of ['>1.09<', '>2.20<', '2026-11-21', 'Processor &lt;X&gt; &amp; Co', '2 cores']) expect(chart).toContain(part)
    expect(chart).toMatch(/<title>.*express-4d-directory 1\.09.*<\/title>/)
    expect(chart).not.toContain('control')
  })

  it('draws bars in proportion', () => {
    const widths = Array.from(drawChart(results, theme).matchAll(/<rect [^>]*width="([\d.]+)"/g), ([, width]) => Number(width))

    const [bare = NaN, ours = NaN, theirs = NaN] = widths
    expect(ours / bare).toBeCloseTo(1.09, 1)
    expect(theirs / bare).toBeCloseTo(2.2, 1)
  })
})

it('draws the two in different colours', () => {
  expect(drawChart(results, 'light')).not.toBe(drawChart(results, 'dark'))
})
