// What is asked of a row is judged beside the right servers.

import { expect, test } from 'vitest'
import type { MeasuredRow } from './results.ts'
import { standingOf } from './standing.ts'
import { judgeRow, verdictLines } from './verdicts.ts'

const summary = (name: string, perCpuSecond: number) => {
  return { name, perSecond: perCpuSecond, least: 0, most: 0, perCpuSecond, p50: 1, p99: 2 }
}

const ROW: MeasuredRow = {
  row: 'JWKS',
  summaries: [
    summary('floor', 1000),
    summary('Patois', 600),
    summary('one, durable', 150),
    summary('other, durable', 400),
    summary('other, durable, bare', 550),
    summary('one, memory', 450),
    summary('one, memory, bare', 5000),
    summary('written in C, on disk', 900),
  ],
}

test('ratios are made of the best peer as it is documented, and of no other kind', () => {
  const { durable, memory, bare } = standingOf(ROW)
  expect(durable?.best.name).toBe('other, durable')
  expect(memory?.best.name).toBe('one, memory')
  expect(bare.durable?.ratio).toBeCloseTo(600 / 550)
  expect(bare.memory?.ratio).toBeCloseTo(0.12)
})

test('a figure on the bound is kept, one below it is short', () => {
  const { floor, memory, durable } = judgeRow(standingOf(ROW))
  expect([floor?.measured, floor?.isKept]).toEqual(['0.60', true])
  expect([memory?.measured, memory?.isKept]).toEqual(['1.3×', true])
  expect([durable?.measured, durable?.isKept]).toEqual(['1.5×', false])
})

test('what the floor itself cannot do is out of reach', () => {
  expect(judgeRow(standingOf(ROW)).durable?.floor).toBe('2.5×, out of reach')
})

test('each figure has its line, and the last one counts them', () => {
  const lines = verdictLines({ conditions: {}, rows: [ROW] }).split('\n')
  expect(lines).toHaveLength(5)
  expect(lines.at(-1)).toBe('3 of 4 are kept')
})
