// OpenAPI documents: complete and sound for every dialect.

import { describe, expect, test } from 'vitest'
import { DIALECTS } from './dialects/index.ts'
import { openapi } from './openapi.ts'

type Parameter = { name: string; in: string; required: boolean }
type Method = {
  operationId: string
  parameters: Parameter[]
  requestBody?: { content: Record<string, { schema: { properties: object; required?: string[] } }> }
  responses: Record<string, { description: string }>
}

describe.each(DIALECTS)('$name', (dialect) => {
  const document = openapi(dialect, ['https://as.test'])
  const paths = Object.entries(document.paths as Record<string, Record<string, Method>>)
  const methods = paths.flatMap(([path, item]) =>
    Object.values(item).map((method) => ({ path, method })),
  )

  test('has every operation once, under a name of its own', () => {
    const wanted = Object.values(dialect.operations).flatMap((one) => one.methods)
    expect(methods).toHaveLength(wanted.length)
    const names = methods.map(({ method }) => method.operationId)
    expect(new Set(names).size).toBe(names.length)
  })

  test('declares exactly the parameters that stand in a path', () => {
    for (const { path, method } of methods) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const declared = method.parameters.filter((one) => one.in === 'path')
      expect(declared.map(({ name }) => name)).toEqual(named)
      for (const one of declared) expect(one.required).toBe(true)
    }
  })

  test('requires only what it describes', () => {
    for (const { method } of methods) {
      for (const { schema } of Object.values(method.requestBody?.content ?? {})) {
        for (const name of schema.required ?? []) expect(schema.properties).toHaveProperty(name)
      }
    }
  })

  test('answers with the status that the dialect declares, and with its refusals', () => {
    for (const { path, method } of methods) {
      const operation = Object.values(dialect.operations).find((one) => one.path === path)
      expect(method.responses).toHaveProperty(String(operation?.answers.status))
      expect(method.responses).toHaveProperty(String(operation?.refuses.otherwise.status))
    }
  })
})
