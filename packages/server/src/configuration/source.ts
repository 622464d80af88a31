// The configuration file as plain data: YAML or JSON, with variables of the environment put in.

import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { at } from './fault.ts'

/** The environment's variables. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What a file holds; `missing` are the paths of values whose variable is not set. */
export type Source =
  | { ok: true; tree: Readonly<Record<string, unknown>>; faults: string[]; missing: string[] }
  /** A file that makes no sense has one fault: whatever else seems wrong comes from that one. */
  | { ok: false; fault: string }

const VARIABLE = /\$\{env:([^}]*)\}/g
// As a shell would have it; taken for text, it would be a secret that everybody can guess.
const SHELLS = /^\$\{(\w+)\}$/

/** Reads configuration text, or the file at `file`; with neither it is empty. */
export function readSource(
  file: string | undefined,
  text: string | undefined,
  env: Environment,
): Source {
  const name = file ?? 'the configuration'
  const read = readYaml(file, text, name)
  if (!read.ok) return read
  const missing: Missing = new Map()
  const tree = filled(read.value, '', env, missing) ?? {}
  if (!isObject(tree)) return { ok: false, fault: `${name} must hold names with values` }
  const faults = [...missing].map(([path, fault]) => at(path, fault))
  return { ok: true, tree, faults, missing: [...missing.keys()] }
}

/** Plain data out of YAML text (JSON is YAML too), or out of a file; faults call it `name`. */
export function readYaml(
  file: string | undefined,
  text: string | undefined,
  name: string,
): { ok: true; value: unknown } | { ok: false; fault: string } {
  try {
    const written = text ?? (file === undefined ? '' : readFileSync(file, 'utf8'))
    const document = parseDocument(written, { prettyErrors: false })
    // A warning is a tag that nobody knows: the text behind a ! that is part of it.
    const [error] = [...document.errors, ...document.warnings]
    // The parser's own words quote the file, and with it secrets.
    if (error)
      return { ok: false, fault: `${name}, ${placeOf(written, error.pos[0])}: ${whyNot(error)}` }
    return { ok: true, value: document.toJS() }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const reason = (code && REASONS[code]) ?? code ?? 'a value that begins with * needs quotes'
    return { ok: false, fault: `${name} cannot be read: ${reason}` }
  }
}

const NOT_YAML: Readonly<Record<string, string>> = {
  BAD_DQ_ESCAPE: 'a text with a backslash in it needs single quotes',
  BAD_INDENT: 'this is indented wrongly',
  BAD_SCALAR_START: 'a value that begins with this sign needs quotes',
  BLOCK_AS_IMPLICIT_KEY:
    'a value with a colon and a space in it, or a colon at its end, needs quotes',
  DUPLICATE_KEY: 'this name stands there twice',
  MISSING_CHAR: 'a quote, a bracket or a colon is missing',
  MULTIPLE_DOCS: 'a second document begins here',
  TAB_AS_INDENT: 'a tab indents this; use spaces',
  TAG_RESOLVE_FAILED: 'a value that begins with this sign needs quotes',
}

function whyNot({ code }: { code: string }): string {
  return NOT_YAML[code] ?? 'this is not YAML, nor JSON'
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read',
}

/** Paths of values whose variable is missing, with the fault. */
type Missing = Map<string, string>

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n')
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
}

/** True for what YAML and JSON call a mapping or an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

// Only strings of the file are searched, so a variable's own text is never filled once more.
function filled(value: unknown, path: string, env: Environment, missing: Missing): unknown {
  if (typeof value === 'string') return filledText(value, path, env, missing)
  if (Array.isArray(value)) {
    return value.map((one, index) => filled(one, `${path}[${index}]`, env, missing))
  }
  if (!isObject(value)) return value
  // A key without a value (`users:`) means the same as no key.
  const entries = Object.entries(value).filter(([, one]) => one !== null)
  return Object.fromEntries(
    entries.map(([key, one]) => [key, filled(one, path ? `${path}.${key}` : key, env, missing)]),
  )
}

function filledText(text: string, path: string, env: Environment, missing: Missing): string {
  const [, shells] = SHELLS.exec(text) ?? []
  if (shells !== undefined) missing.set(path, `a variable is written \${env:${shells}}`)
  return text.replace(VARIABLE, (_, name: string) => {
    const found = env[name]
    if (found === undefined) missing.set(path, `the environment has no variable ${name}`)
    return found ?? ''
  })
}
