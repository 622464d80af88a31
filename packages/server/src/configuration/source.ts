// The configuration file as plain data: YAML or JSON, with variables of the environment put in.

import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { at } from './fault.ts'

/** The environment's variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a file holds, and all that is wrong with its form. */
export type Source = { tree: Readonly<Record<string, unknown>>; faults: string[] }

const VARIABLE = /\$\{env:([^}]*)\}/g

/** Reads configuration text, or the file at `file`; with neither it is empty. */
export function readSource(
  file: string | undefined,
  text: string | undefined,
  env: Environment,
): Source {
  const faults: string[] = []
  try {
    const written = text ?? (file === undefined ? '' : readFileSync(file, 'utf8'))
    const parsed = filled(parsedText(written, faults), '', env, faults) ?? {}
    if (isObject(parsed)) return { tree: parsed, faults }
    faults.push('the file must hold names with values')
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    faults.push(`${file ?? 'the configuration'} cannot be read: ${reason}`)
  }
  return { tree: {}, faults }
}

/** True for what YAML and JSON call a mapping or an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// JSON is YAML too, so one reader takes both.
function parsedText(text: string, faults: string[]): unknown {
  const document = parseDocument(text, { prettyErrors: false })
  for (const { message, pos } of [...document.errors, ...document.warnings]) {
    const line = text.slice(0, pos[0]).split('\n').length
    faults.push(`line ${line}: ${message}`)
  }
  return document.errors.length > 0 ? {} : document.toJS()
}

// Only strings of the file are searched, so a variable's own text is never filled once more.
function filled(value: unknown, path: string, env: Environment, faults: string[]): unknown {
  if (typeof value === 'string') return filledText(value, path, env, faults)
  if (Array.isArray(value)) {
    return value.map((one, index) => filled(one, `${path}[${index}]`, env, faults))
  }
  if (!isObject(value)) return value
  // A key without a value (`users:`) means the same as no key.
  const entries = Object.entries(value).filter(([, one]) => one !== null)
  return Object.fromEntries(
    entries.map(([key, one]) => [key, filled(one, path ? `${path}.${key}` : key, env, faults)]),
  )
}

function filledText(text: string, path: string, env: Environment, faults: string[]): string {
  return text.replace(VARIABLE, (_, name: string) => {
    const found = env[name]
    if (found === undefined) faults.push(at(path, `the environment has no variable ${name}`))
    return found ?? ''
  })
}
