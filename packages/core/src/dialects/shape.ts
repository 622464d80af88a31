// The shape of a dialect file as data: the checker walks over it, and the JSON Schema is made of it.

import type {
  AnswerShape,
  Dialect,
  DialectPolicy,
  Operation,
  Presents,
  RefusalRow,
  RefusalShape,
} from './dialect.ts'
import {
  ADDED_PLACES,
  ANSWER_PLACES,
  CODES,
  DEEDS,
  FIELDS,
  FIXED_SPOTS,
  FORMS,
  GRANTS,
  LIST_FORMS,
  MEANT_FIELDS,
  NAMED_PLACES,
  OBJECT_NAMES,
  OWN_HEADERS,
  REASON_NAMES,
  REFUSAL_FACTS,
} from './lists.ts'

/** What a value must be; `says` ends the sentence "must be …". */
export type Shape =
  | { is: 'text'; pattern?: string; says: string }
  | { is: 'whole'; least: number; most: number }
  | { is: 'flag' }
  | { is: 'scalar' }
  | { is: 'one of'; values: readonly (string | number | boolean)[] }
  | { is: 'list'; of: Shape; least?: number }
  /** One value, or a list of them. */
  | { is: 'some'; of: Shape }
  /** This very text, or another shape. */
  | { is: 'word or'; word: string; of: Shape }
  | { is: 'members'; members: Readonly<Record<string, Shape>>; needs: readonly string[] }
  | { is: 'table'; of: Shape; names: Names }

/** What the names of a table may be: a closed list, or a pattern. */
export type Names = readonly string[] | { pattern: string; says: string }

// A member that is new in the type is a fault here until it is said.
type MembersOf<T> = Record<keyof T, Shape>

const DAY = 86_400
const TEN_YEARS = 3650 * DAY

function wordsOf(names: readonly string[]): string {
  return names.join('|')
}

const NO_OBJECT = `(?!(?:${wordsOf(OBJECT_NAMES)})(?:[ .]|$))`
const PIECE = `${NO_OBJECT}[A-Za-z0-9_$@:-]{1,100}`
const DOTTED = `${PIECE}(?:\\.${PIECE}){0,7}`
const HEADER = "[a-z0-9!#$%&'*+.^_`|~-]{1,100}"
const SCOPE = '[\\x21\\x23-\\x5b\\x5d-\\x7e]{1,200}'
const REQUEST_NAME = `${NO_OBJECT}[A-Za-z0-9_.:\\[\\]-]{1,100}`
const REQUEST_FORMS = FORMS.filter((one) => one === 'text' || LIST_FORMS.includes(one))

const text: Shape = {
  is: 'text',
  pattern: '^[^\\x00-\\x1f\\x7f]{1,500}$',
  says: 'one line of text',
}

const spot: Shape = {
  is: 'text',
  pattern: `^(?:(?:${wordsOf(NAMED_PLACES)}) ${REQUEST_NAME}(?: (?:${wordsOf(REQUEST_FORMS)}))?|${wordsOf(FIXED_SPOTS)})$`,
  says: `a place (${NAMED_PLACES.join(', ')}), a name and perhaps a form (${REQUEST_FORMS.join(', ')}), or one of: ${FIXED_SPOTS.join(', ')}`,
}

const answerSpot: Shape = {
  is: 'text',
  pattern: `^(?:${wordsOf(ANSWER_PLACES)}) ${DOTTED}(?: (?:${wordsOf(FORMS)}))?$`,
  says: `a place (${ANSWER_PLACES.join(', ')}), a name with dots for nesting and perhaps a form (${FORMS.join(', ')})`,
}

const url: Shape = {
  is: 'text',
  pattern: '^https://[^\\s?#]{1,300}$',
  says: 'an https URL without query and fragment',
}

const documentation: Shape = {
  is: 'text',
  pattern: '^https://\\S{1,500}$',
  says: 'an https URL',
}

const says: Shape = {
  is: 'table',
  of: { is: 'scalar' },
  names: { pattern: `^${DOTTED}$`, says: 'a name with dots for nesting' },
}

const headers: Shape = {
  is: 'table',
  of: { is: 'text', pattern: '^[\\x20-\\x7e]{1,500}$', says: 'one line of ASCII' },
  names: {
    pattern: `^(?!${wordsOf(OWN_HEADERS)})${HEADER}$`,
    says: 'a header in lower case that a dialect may set',
  },
}

const row: Shape = {
  is: 'members',
  needs: ['status'],
  members: {
    status: { is: 'whole', least: 200, most: 599 },
    code: { is: 'one of', values: CODES },
    error: { is: 'some', of: text },
    sentence: text,
    says,
    headers,
    body: { is: 'flag' },
  } satisfies MembersOf<RefusalRow>,
}

const operation: Shape = {
  is: 'members',
  needs: ['does', 'methods', 'path', 'reads', 'answers', 'refuses'],
  members: {
    does: { is: 'one of', values: DEEDS },
    isCall: { is: 'flag' },
    methods: { is: 'list', of: { is: 'one of', values: ['GET', 'POST'] }, least: 1 },
    path: {
      is: 'text',
      pattern: '^(?:/(?!\\.{1,2}(?:/|$))(?:[A-Za-z0-9._~-]{1,100}|\\{[A-Za-z_]{1,50}\\})){1,12}/?$',
      says: 'a path from its slash on, with {name} for whole parts that are fields, and without .., //, ? and #',
    },
    at: url,
    grants: { is: 'list', of: { is: 'one of', values: GRANTS }, least: 1 },
    means: { is: 'table', of: { is: 'some', of: text }, names: MEANT_FIELDS },
    needs: { is: 'list', of: { is: 'one of', values: FIELDS } },
    adds: {
      is: 'table',
      of: text,
      names: {
        pattern: `^(?:${wordsOf(ADDED_PLACES)}) ${REQUEST_NAME}$`,
        says: `a place (${ADDED_PLACES.join(', ')}) and a name`,
      },
    },
    headers: {
      is: 'list',
      of: { is: 'text', pattern: '^[A-Za-z0-9-]{1,100}$', says: 'the name of a header' },
    },
    names: {
      is: 'table',
      of: { is: 'one of', values: [...GRANTS, 'any'] },
      names: { pattern: '^[a-z][A-Za-z0-9]{0,99}$', says: 'a name in camel case' },
    },
    reads: { is: 'table', of: { is: 'some', of: spot }, names: FIELDS },
    answers: {
      is: 'members',
      needs: ['status', 'facts'],
      members: {
        status: { is: 'whole', least: 200, most: 399 },
        facts: {
          is: 'word or',
          word: 'as they are',
          of: {
            is: 'table',
            of: answerSpot,
            names: { pattern: `^${PIECE}$`, says: 'the name of a fact' },
          },
        },
        says,
        headers,
      } satisfies MembersOf<AnswerShape>,
    },
    refuses: {
      is: 'members',
      needs: ['facts', 'otherwise', 'rows'],
      members: {
        facts: { is: 'table', of: { is: 'some', of: answerSpot }, names: REFUSAL_FACTS },
        says,
        otherwise: row,
        rows: { is: 'table', of: row, names: CODES },
        reasons: { is: 'table', of: row, names: REASON_NAMES },
      } satisfies MembersOf<RefusalShape>,
    },
  } satisfies MembersOf<Operation>,
}

const scopeName: Shape = { is: 'text', pattern: `^${SCOPE}$`, says: 'a scope' }
const claim = { pattern: '^[A-Za-z0-9_.:/-]{1,100}$', says: 'the name of a claim' }
const seconds: Shape = { is: 'whole', least: 1, most: TEN_YEARS }

function optional(members: Readonly<Record<string, Shape>>): Shape {
  return { is: 'members', needs: [], members }
}

const policy = optional({
  exactClientAuth: { is: 'flag' },
  rootDiscovery: { is: 'flag' },
  offlineAccess: { is: 'one of', values: ['asked'] },
  lifetimes: optional({
    code: { is: 'whole', least: 1, most: 600 },
    access_token: seconds,
    refresh_token: seconds,
  }),
  rounding: optional({ access_token: seconds, refresh_token: seconds }),
  scopeAtExchange: { is: 'one of', values: ['narrows'] },
  redirectAtExchange: { is: 'one of', values: ['always'] },
  scopeAtRefresh: { is: 'list', of: scopeName, least: 1 },
  implies: {
    is: 'table',
    of: { is: 'list', of: scopeName },
    names: { pattern: `^${SCOPE}$`, says: 'a scope' },
  },
  oneCode: { is: 'flag' },
  revokes: { is: 'one of', values: ['grant'] },
  expired: { is: 'one of', values: ['told'] },
  userinfo: { is: 'one of', values: ['any'] },
  idToken: {
    is: 'members',
    needs: ['audience', 'claims', 'rsaBits'],
    members: {
      audience: { is: 'one of', values: ['array'] },
      claims: { is: 'table', of: { is: 'text', ...claim }, names: claim },
      rsaBits: { is: 'one of', values: [4096] },
    },
  },
  clientIdSection: { is: 'one of', values: ['last'] },
} satisfies MembersOf<DialectPolicy>)

/** A whole dialect, as it stands when `extends` is spread. */
export const DIALECT_SHAPE = {
  is: 'members',
  needs: ['name', 'title', 'policy', 'operations'],
  members: {
    name: {
      is: 'text',
      pattern: '^[a-z][a-z0-9-]{0,49}$',
      says: 'a name of lower-case letters, digits and hyphens',
    },
    title: text,
    documentation,
    servers: {
      is: 'table',
      of: url,
      names: { pattern: '^[a-z][A-Za-z0-9_]{0,49}$', says: 'the name of an environment' },
    },
    variables: {
      is: 'table',
      of: { is: 'text', pattern: '^[A-Za-z0-9._~-]{0,100}$', says: 'a part of a URL, or nothing' },
      names: { pattern: `^${NO_OBJECT}[A-Za-z_]{1,50}$`, says: 'the name of a part of a URL' },
    },
    serve: { is: 'one of', values: [false] },
    because: text,
    presents: optional({
      header: {
        is: 'text',
        pattern: `^${HEADER}$`,
        says: 'a header in lower case',
      },
      scheme: { is: 'text', pattern: '^[A-Za-z0-9_-]{0,50}$', says: 'a word, or nothing' },
      adds: {
        is: 'table',
        of: text,
        names: { pattern: `^${HEADER}$`, says: 'a header in lower case' },
      },
    } satisfies MembersOf<Presents>),
    pkce: { is: 'one of', values: [false] },
    scopes: { is: 'table', of: text, names: { pattern: `^${SCOPE}$`, says: 'a scope' } },
    policy,
    newPerson: operation,
    operations: {
      is: 'table',
      of: operation,
      names: { pattern: '^[a-z][a-z0-9_]{0,49}$', says: 'a name such as token or refresh_token' },
    },
  } satisfies MembersOf<Dialect>,
} as const satisfies Shape

/** Shapes that stand in several places, by name. */
export const NAMED_SHAPES = { spot, answerSpot, says, headers, row, operation, text, scopeName }
