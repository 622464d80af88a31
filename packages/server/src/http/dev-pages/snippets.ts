// Snippets: a step as a command line, for our own client, and for the dialect's SDK.

import { DIALECTS, type Dialect, type GivenFields, withQuery, writeRequest } from '@patois/core'
import { SDK_SAMPLES } from '@patois/core/dialects/sdk-samples'
import type { Snippet } from '../../pages/dev/play.ts'
import { curl } from '../demo.ts'
import { baseOf, type DevSite, type Mount } from '../site.ts'
import type { Step } from './steps.ts'

/** A step in every way that there is. What is not known yet is named in capitals. */
export async function snippetsOf(
  site: DevSite,
  step: Step,
  given: GivenFields,
): Promise<Snippet[]> {
  const { mount, operation, topic } = step
  const fields = named(step, given)
  const message = writeRequest(operation, fields, mount.dialect.variables)
  const { clientId: client_id, clientSecret: client_secret } = site.demo
  // Whoever calls has an id and a secret, whether this call says them or not.
  const own = { client_id, client_secret }
  const samples = SDK_SAMPLES[mount.dialect.name] ?? []
  const values = valuesOf(site, mount, { ...own, ...fields })
  return [
    { title: 'curl', language: 'sh', text: curl(site, mount, message) },
    {
      title: 'TypeScript · @patois/client',
      language: 'ts',
      text: `${await connecting(site, mount, { ...own, ...fields })}\n\n${calling(step, fields)}`,
    },
    ...samples.flatMap(({ sdk, language, install, setup, calls, client }) => {
      const call = calls[topic.name]
      if (call === undefined) return []
      const text = `# ${install}\n${fillIn(`${setup}\n\n${call}`, values)}`
      const comment = language === 'python' ? text : text.replace('#', '//')
      return [
        {
          title: `${NAMES[language]} · ${sdk}`,
          language,
          text: comment,
          registration: registered(client),
        },
      ]
    }),
  ]
}

function registered(client: Readonly<Record<string, string | boolean>> = {}): string {
  return Object.entries(client)
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ')
}

const NAMES = { python: 'Python', typescript: 'TypeScript' } as const

function named({ fields }: Step, given: GivenFields): GivenFields {
  const missing = Object.entries(fields).flatMap(([name, value]) =>
    value === '' ? [[name, name.toUpperCase()]] : [],
  )
  return { ...Object.fromEntries(missing), ...given }
}

type Values = Readonly<Record<string, string>>

function valuesOf({ parts, ...site }: DevSite, mount: Mount, fields: GivenFields): Values {
  const { client_id = '', client_secret = '', redirect_uri = '', code = '' } = fields
  const returned = withQuery(redirect_uri, { code, iss: parts.issuer })
  const texts = Object.entries(fields).map(([name, value]) => [
    name,
    [value ?? ''].flat().join(' '),
  ])
  const basic = `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`
  return {
    ...Object.fromEntries(texts),
    server: baseOf(site, mount),
    issuer: parts.issuer,
    basic,
    returned,
  }
}

function fillIn(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (_, name: string) => literal(values[name] ?? ''))
}

/** A text as TypeScript and Python both write it. */
function literal(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n')}'`
}

async function connecting(site: DevSite, mount: Mount, fields: GivenFields): Promise<string> {
  const { dialect } = mount
  const { client_id = '', client_secret, redirect_uri } = fields
  const source = await sourceOf(dialect)
  const members = [
    `dialect: ${source.value},`,
    `url: ${literal(baseOf(site, mount))},`,
    `clientId: ${literal(client_id)},`,
    ...(client_secret ? [`clientSecret: ${literal(client_secret)},`] : []),
    ...(redirect_uri ? [`redirectUri: ${literal(redirect_uri)},`] : []),
  ]
  return [
    "import { connect } from '@patois/client'",
    source.import,
    '',
    'const client = connect({',
    ...members.map((line) => `  ${line}`),
    '})',
  ].join('\n')
}

// A dialect of the user's own is a file, and only its owner knows where.
async function sourceOf(dialect: Dialect): Promise<{ import: string; value: string }> {
  const { name } = dialect
  const value = name.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  if (DIALECTS.includes(dialect)) {
    return { import: `import { ${value} } from '@patois/core/dialects/${name}'`, value }
  }
  const { CATALOGUE } = await import('@patois/core/catalogue')
  if ((CATALOGUE as readonly Dialect[]).includes(dialect)) {
    return { import: `import { ${value} } from '@patois/core/catalogue/${name}'`, value }
  }
  return {
    import: "import { readDialectFile } from '@patois/client/dialect-file'",
    value: `await readDialectFile('${name}.yaml')`,
  }
}

const METHODS: Readonly<Record<string, string>> = {
  authorization_code: 'exchange',
  refresh_token: 'refresh',
  client_credentials: 'clientCredentials',
  password: 'password',
  userinfo: 'userinfo',
  introspect: 'introspect',
  revoke: 'revoke',
}

// The client itself says who it is, where it redirects to, and what makes a sign-in safe.
const OWN = ['client_id', 'client_secret', 'grant_type', 'redirect_uri', 'response_type', 'state']
const CHALLENGE = ['code_challenge', 'code_challenge_method']

function calling({ topic, operation }: Step, fields: GivenFields): string {
  const { isCall } = operation
  const own = topic.does === 'authorize' && !isCall ? [...OWN, ...CHALLENGE] : OWN
  const given = Object.entries(fields).filter(([name]) => !own.includes(name))
  const members = given.map(
    ([name, value]) => `  ${camel(name)}: ${literal([value ?? ''].flat().join(' '))},`,
  )
  const params = members.length > 0 ? `{\n${members.join('\n')}\n}` : ''
  if (topic.does === 'authorize') {
    return isCall
      ? `const { code } = await client.authorize(${params}, { headers: { cookie } })`
      : `const { url } = await client.authorizeUrl(${params})`
  }
  const result = topic.does === 'token' ? 'tokens' : 'answer'
  return `const ${result} = await client.${METHODS[topic.name] ?? topic.name}(${params})`
}

function camel(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())
}
