// Every shape of answer is read by our client, or refused with one of its errors; as published.

import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Script, startScript } from '../door/script.ts'
import { isGood, measure, OURS } from '../gauntlet/measure.ts'
import { SHAPES } from '../gauntlet/shapes.ts'

const PAGE = readFileSync(new URL('../../docs/client/answers.md', import.meta.url), 'utf8')

let server: Script
beforeAll(async () => {
  server = await startScript()
})
afterAll(() => server.close())

for (const shape of SHAPES) {
  test(shape.name, async () => {
    const outcome = await measure(OURS, shape, server)
    expect(isGood(shape, outcome), outcome).toBe(true)
    expect(PAGE).toContain(`| ${shape.name} | ${outcome} |`)
  })
}
