// Durations as people write them: 90, 90s, 15m, 12h, 30d.

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86400 }

/** The whole seconds of a number or a duration; undefined for anything else. */
export function secondsOf(raw: unknown): number | undefined {
  const [, figure, unit = 's'] = /^(\d{1,10})([smhd])?$/.exec(String(raw)) ?? []
  return figure === undefined ? undefined : Number(figure) * (UNITS[unit] ?? 1)
}
