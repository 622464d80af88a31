// The published JSON Schema says what the checker checks.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { SCHEMA_FILE, schemaText } from './schema.ts'

test('the schema of dialect files is up to date (npm run docs writes it)', () => {
  expect(readFileSync(SCHEMA_FILE, 'utf8')).toBe(schemaText())
})
