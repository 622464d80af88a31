// Figures of the metrics, as a test reads them: in this process, or over the wire.

import type { Figures, OpenMeter } from '../../packages/server/src/metrics/meter.ts'

type Labels = Record<string, string>

const isOf = (found: Record<string, unknown>, wanted: Labels): boolean =>
  Object.entries(wanted).every(([label, value]) => found[label] === value)

/** The sum of a metric's figures that have these labels; undefined when there is none. */
export const figure = async (
  meter: OpenMeter,
  name: string,
  labels: Labels = {},
): Promise<number | undefined> => {
  const all: Figures[] = await meter.read()
  const samples = all.flatMap(({ name: metric, values }) =>
    values.filter((one) => (one.metricName ?? metric) === name && isOf(one.labels, labels)),
  )
  return samples.length === 0 ? undefined : samples.reduce((sum, { value }) => sum + value, 0)
}

/** One line of the text that Prometheus reads. */
export type Line = { name: string; labels: Labels; value: number }

/** Reads the text of `/metrics`; throws for a line that is none. */
export const readLines = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] =
        /^([a-z_]\w*)(?:\{(.*)\})? (\S+)$/i.exec(line) ?? []
      if (name === '') throw new Error(`no metric: ${line}`)
      const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
      return {
        name,
        labels: Object.fromEntries(pairs.map(([, label = '', said = '']) => [label, said])),
        value: Number(value),
      }
    })

/** The sum of the lines of a metric that have these labels. */
export const sumOf = (lines: readonly Line[], name: string, labels: Labels = {}): number =>
  lines
    .filter((line) => line.name === name && isOf(line.labels, labels))
    .reduce((sum, { value }) => sum + value, 0)
