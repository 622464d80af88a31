// Shortcuts: dev mode's own calls, made from the test's side.

import { checkOptions } from './options.ts'

/** What a code or tokens are minted for; what is left out is `p.client` and `p.user`. */
export type MintOptions = {
  client?: string
  user?: string
  scope?: string
  dialect?: string
  nonce?: string
  resource?: string
  redirectUri?: string
}

/** What a test has without a browser and without time. */
export type Shortcuts = {
  /** A code that can be exchanged with the PKCE challenge that is named, or none. */
  code(asked?: MintOptions & { challenge?: string }): Promise<string>
  /** Tokens, as the dialect's token endpoint answers them. */
  tokens<T = Record<string, string>>(
    asked?: MintOptions & { grant?: 'client_credentials' },
  ): Promise<T>
  /** The cookie of a browser where a user has signed in. */
  login(username?: string): Promise<string>
  /** Opens an authorization URL as a user who allows all; answers where it leads, with the code. */
  visit(url: string | URL, username?: string): Promise<URL>
  /** Ends a code or token as if its time were over. */
  expire(token: string): Promise<void>
  revoke(token: string): Promise<void>
}

/** Opens them for a server; `direct` gets into it. */
export function shortcuts(
  issuer: string,
  direct: typeof fetch,
  { client, user }: { client: { id: string; redirectUri: string }; user: { username: string } },
): Shortcuts {
  const post = async (path: string, body: object): Promise<Response> => {
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    const answer = await direct(`${issuer}/dev${path}`, init)
    if (!answer.ok) throw new Error(await sentenceOf(answer))
    return answer
  }
  const minted = (asked: MintOptions) => ({
    client_id: asked.client ?? client.id,
    username: asked.user ?? user.username,
    ...(asked.redirectUri !== undefined && { redirect_uri: asked.redirectUri }),
    ...Object.fromEntries(SAME.flatMap((name) => (asked[name] ? [[name, asked[name]]] : []))),
  })
  return {
    async code({ challenge, ...asked } = {}) {
      checkOptions(asked, [...MINT_OPTIONS, 'challenge'])
      const redirect_uri = asked.client === undefined ? client.redirectUri : undefined
      const code_challenge = challenge && { code_challenge: challenge }
      const body = { ...(redirect_uri && { redirect_uri }), ...minted(asked), ...code_challenge }
      return (await post('/code', body)).text()
    },
    async tokens<T>({ grant, ...asked }: MintOptions & { grant?: 'client_credentials' } = {}) {
      checkOptions(asked, [...MINT_OPTIONS, 'grant'])
      const body = { ...minted(asked), ...(grant && { grant_type: grant }) }
      return (await (await post('/token', body)).json()) as T
    },
    async login(username = user.username) {
      const { cookie } = (await (await post('/login', { username })).json()) as { cookie: string }
      return cookie
    },
    async visit(url, username = user.username) {
      const target = new URL(url)
      target.searchParams.set('patois_user', username)
      const answer = await direct(target, { redirect: 'manual' })
      const location = answer.headers.get('location')
      if (location === null) throw new Error(await deadEnd(target, answer))
      return new URL(location)
    },
    expire: async (token) => void (await post('/expire', { token })),
    revoke: async (token) => void (await post('/revoke', { token })),
  }
}

const SAME = ['dialect', 'nonce', 'resource', 'scope'] as const
const MINT_OPTIONS = ['client', 'user', 'redirectUri', ...SAME]

// A page says in its first paragraph what is wrong, and everybody else in the first line.
async function deadEnd(target: URL, answer: Response): Promise<string> {
  const text = await answer.text()
  const [, said = text.split('\n')[0]] = /<p>([^<]+)<\/p>/.exec(text) ?? []
  return `${target.pathname} leads nowhere: ${answer.status} ${said}`.trim()
}

async function sentenceOf(answer: Response): Promise<string> {
  const text = await answer.text()
  try {
    return String((JSON.parse(text) as { error: unknown }).error)
  } catch {
    return text.trim()
  }
}
