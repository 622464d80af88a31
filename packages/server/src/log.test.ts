// Tests of the log: its form, and that it keeps secrets.

import { SECRET_FIELDS } from '@patois/core'
import { expect, test } from 'vitest'
import { causeOf, openLog } from './log.ts'
import { HIDDEN } from './redact.ts'

const logged = (fields: object, level: 'info' | 'warn' = 'info') => {
  const lines: string[] = []
  openLog(level, { write: (line: string) => void lines.push(line) }).info(fields, 'it happened')
  return lines
}

test('a line is JSON with level, time, fields and sentence, and no host or process', () => {
  const [line = ''] = logged({ client: 'web', status: 200 })
  const { time, ...rest } = JSON.parse(line)
  expect(rest).toEqual({ level: 'info', client: 'web', status: 200, msg: 'it happened' })
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT/)
})

test('below the level nothing is written', () => {
  expect(logged({}, 'warn')).toEqual([])
})

test('secrets are taken out at any depth and in any spelling', () => {
  const names = [...SECRET_FIELDS, 'authorization', 'Cookie', 'Set-Cookie', 'clientSecret']
  const secrets = Object.fromEntries(names.map((name) => [name, 'canary']))
  const [line = ''] = logged({ ...secrets, request: { headers: [secrets], body: secrets } })
  expect(line).not.toContain('canary')
})

test('long texts are cut', () => {
  const [line = ''] = logged({ agent: 'x'.repeat(10_000), list: ['y'.repeat(10_000)] })
  expect(line.length).toBeLessThan(1300)
})

test('a line break that a caller sent does not begin a new line', () => {
  const [line = ''] = logged({ client: 'a\n{"level":"info"}' })
  expect(line.trimEnd()).not.toContain('\n')
})

test('errors are logged whole, and what refers to itself does not hang', () => {
  const loop: Record<string, unknown> = {}
  loop.loop = loop
  const [line = ''] = logged({ err: new Error('broken'), loop })
  expect(JSON.parse(line).err).toMatchObject({ message: 'broken', stack: expect.any(String) })
})

test('the code of an error is one of a system, and no secret', () => {
  const failed = (code: string) => {
    const [line = ''] = logged({ err: Object.assign(new Error('failed'), { code }) })
    return JSON.parse(line).err.code
  }
  for (const code of ['57P03', '08006', 'ECONNREFUSED', 'ERR_SQLITE_ERROR']) {
    expect(failed(code)).toBe(code)
  }
  for (const code of ['pc_canary', 'canary', 'CANARY'.repeat(10)]) expect(failed(code)).toBe(HIDDEN)
  const [line = ''] = logged({ fields: { code: 'ECONNREFUSED' } })
  expect(JSON.parse(line).fields.code).toBe(HIDDEN)
})

test('a cause is told in one line, the innermost one of several', () => {
  const refused = Object.assign(new AggregateError([], ''), { code: 'ECONNREFUSED' })
  const told = new Error('It does not answer.', { cause: refused })
  expect(causeOf(told)).toEqual({ cause: 'ECONNREFUSED' })
  expect(causeOf(new Error('Nothing works.', { cause: told }))).toEqual({ cause: 'ECONNREFUSED' })
  const shut = Object.assign(new Error('the database system is shutting down'), { code: '57P03' })
  const cause = '57P03 the database system is shutting down'
  expect(causeOf(new Error('It does not answer.', { cause: shut }))).toEqual({ cause })
  expect(causeOf(new Error('Too many wait.'))).toEqual({})
})
