// The pages about the emulator, played; a language that is not there is left out with its reason.

import { expect, test } from 'vitest'
import { openPage } from '../door/page.ts'
import { findProgram } from '../door/program.ts'
import { play } from '../door/story.ts'

test('a test and a terminal steer the emulator as docs/emulator/README.md says', () =>
  play('docs/emulator/README.md'))

const MISSING = ['python3', 'java'].filter((name) => !findProgram(name))

test.skipIf(MISSING.length > 0)(
  `Python and Java drive it as docs/emulator/languages.md says${MISSING.length > 0 ? ` (no ${MISSING})` : ''}`,
  () => play('docs/emulator/languages.md'),
)

test('the example of docs/emulator/faults.md is one that is taken', () => {
  const [example = ''] = openPage('docs/emulator/faults.md').code('json')
  expect(JSON.parse(example)).toMatchObject({ fault: { kind: 'drop' } })
})
