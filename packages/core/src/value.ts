// Values: one value as a dialect spells it, read and written.

import type { Form } from './dialects/dialect.ts'
import { Refusal } from './refusal.ts'
import { splitScope } from './scope.ts'

const LISTS: readonly Form[] = ['list', 'space', 'comma', 'array', 'loose']

/** True for forms that hold several values. */
export function isListForm(form: Form): boolean {
  return LISTS.includes(form)
}

function textsOf(value: unknown): string[] | undefined {
  const list = Array.isArray(value) ? value : undefined
  return list?.every((one) => typeof one === 'string') ? (list as string[]) : undefined
}

function parseJsonTexts(text: string): string[] | undefined {
  try {
    return textsOf(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** The value of a field out of what stood in its spot. Throws a Refusal for another type. */
export function readValue(form: Form, value: unknown): string | string[] {
  const read = parsed(form, value)
  if (read === undefined) throw new Refusal('field_malformed')
  return read
}

function parsed(form: Form, value: unknown): string | string[] | undefined {
  if (form === 'array') {
    return textsOf(value) ?? (typeof value === 'string' ? parseJsonTexts(value) : undefined)
  }
  if (typeof value !== 'string') return undefined
  switch (form) {
    case 'space':
      return splitScope(value)
    case 'comma':
      return splitScope(value.replaceAll(',', ' '))
    case 'loose':
      // A plus sign is a space that was encoded once too often: no scope has one.
      return (
        (value.startsWith('[') && parseJsonTexts(value)) || splitScope(value.replaceAll('+', ' '))
      )
    default:
      return value
  }
}

/** A field's value as text for a request; several where the name is repeated. */
export function writeField(form: Form, value: string | readonly string[]): string[] {
  const list = [value].flat()
  if (form === 'list' || form === 'text') return list
  if (form === 'array') return [JSON.stringify(list)]
  return [list.join(form === 'comma' ? ',' : ' ')]
}

/** A fact out of what the wire has; moments as absolute seconds, `now` being where they count from. */
export function readFact(form: Form, value: unknown, now: number): unknown {
  switch (form) {
    case 'seconds':
    case 'numstr':
      return now + Number(value)
    case 'unix':
      return Math.floor(Number(value))
    case 'unix_ms':
      return Math.floor(Number(value) / 1000)
    case 'iso':
      return Math.floor(Date.parse(String(value)) / 1000)
    case 'text':
      return value
    default:
      return textsOf(value) ?? parsed(form === 'list' ? 'space' : form, value)
  }
}

/** A fact as the wire spells it; undefined when there is nothing to say. */
export function writeFact(form: Form, value: unknown, now: number): unknown {
  switch (form) {
    case 'seconds':
      return Math.max(0, (value as number) - now)
    case 'numstr':
      return String(Math.max(0, (value as number) - now))
    case 'unix_ms':
      return (value as number) * 1000
    case 'iso':
      return new Date((value as number) * 1000).toISOString()
    case 'space':
    case 'loose':
      return (value as string[]).join(' ') || undefined
    case 'comma':
      return (value as string[]).join(',') || undefined
    default:
      return value
  }
}
