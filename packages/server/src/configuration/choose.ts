// Chooses the value of each setting: flag before environment before file before default.

import { optionName, SETTINGS, type Setting, type SettingValues } from '../settings.ts'
import { at } from './fault.ts'
import { type Environment, isObject } from './source.ts'
import { readValue } from './value.ts'

/** The places where a setting can be said; flags under their `optionName`. */
export type Said = {
  flags: Readonly<Record<string, unknown>>
  env: Environment
  tree: Readonly<Record<string, unknown>>
}

/** Reads every setting from everywhere it is said; a fault anywhere is noted in `faults`. */
export function chooseSettings(said: Said, dev: boolean, faults: string[]): Partial<SettingValues> {
  const plain = dev && isExposed(said)
  const chosen = SETTINGS.map((setting: Setting) => {
    const places = placesOf(setting, said).filter(([, raw]) => raw !== undefined)
    const values = places.flatMap(([place, raw]) => {
      const reading = readValue(setting, raw, plain)
      if ('value' in reading) return [reading.value]
      for (const { sentence, index } of reading.faults) {
        faults.push(at(index === undefined ? place : `${place}[${index}]`, sentence))
      }
      return []
    })
    const fallback = dev ? (setting.devDefault ?? setting.default) : setting.default
    if (places.length === 0 && fallback === undefined && !dev) {
      faults.push(
        at(setting.name, `is needed outside dev mode (in the --config file, or ${setting.flag})`),
      )
    }
    return [setting.name, values[0] ?? fallback]
  })
  return Object.fromEntries(chosen.filter(([, value]) => value !== undefined))
}

// Of an exposed server of dev mode the name is that of a container, which has no certificate.
function isExposed(said: Said): boolean {
  const setting = SETTINGS.find(({ name }) => name === 'listen.exposed')
  const places = setting ? placesOf(setting, said) : []
  return String(places.find(([, raw]) => raw !== undefined)?.[1]) === 'true'
}

// Compose files and service units set a variable to nothing to say that it is not set.
function placesOf(setting: Setting, { flags, env, tree }: Said): [string, unknown][] {
  return [
    [setting.flag, flags[optionName(setting)]],
    [setting.env, env[setting.env] || undefined],
    [setting.name, valueAt(tree, setting.name)],
  ]
}

function valueAt(tree: Readonly<Record<string, unknown>>, name: string): unknown {
  const [first = '', second] = name.split('.')
  const value = Object.hasOwn(tree, first) ? tree[first] : undefined
  if (second === undefined) return value
  return isObject(value) && Object.hasOwn(value, second) ? value[second] : undefined
}
