// An MCP client whose `fetch` is ours: what the MCP conformance tool runs against its servers.

import { Client as McpClient, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { connect } from '@patois/client'
import { discover } from '@patois/client/discover'
import { dpop } from '@patois/client/dpop'
import { jwtBearer, tokenExchange } from '@patois/client/grants'
import { type McpOptions, mcp } from '@patois/client/mcp'
import { privateKeyJwt } from '@patois/client/private-key-jwt'
import type { KnownClient } from '@patois/client/register'
import { importPKCS8 } from 'jose'

const { MCP_CONFORMANCE_CONTEXT = '{}', MCP_CONFORMANCE_PROTOCOL_VERSION: version = '' } =
  process.env
const context = JSON.parse(MCP_CONFORMANCE_CONTEXT) as Record<string, string | undefined>
const [url = ''] = process.argv.slice(2)
const redirectUri = 'http://127.0.0.1:9876/callback'

/** A person who agrees to everything: their browser is sent back at once. */
const visit = async (page: string): Promise<string> => {
  const { headers, status } = await fetch(page, { redirect: 'manual' })
  const location = headers.get('location')
  if (location === null) throw new Error(`no way back: ${status}`)
  return location
}

const clientOf = (clientId: string, secret?: string): KnownClient => ({
  clientId,
  ...(secret !== undefined && { clientSecret: secret }),
})

/** The same client everywhere, or at one issuer; what registers besides is kept as well. */
const registered = (): McpOptions['clients'] => {
  const { client_id, client_secret, issuer } = context
  const known = new Map<string, KnownClient>()
  const own = client_id === undefined ? undefined : clientOf(client_id, client_secret)
  const isOurs = (at: string) => issuer === undefined || issuer === at
  return {
    get: (at) => known.get(at) ?? (isOurs(at) ? own : undefined),
    set: (at, client) => known.set(at, client),
  }
}

/** How tokens are got where no person signs in, as far as the context says so. */
const machine = async (): Promise<Partial<McpOptions>> => {
  const { private_key_pem, signing_algorithm: alg = '', client_id: clientId = '' } = context
  const { valid_jwt, idp_id_token, idp_issuer = '', idp_client_id = '', issuer } = context
  if (valid_jwt !== undefined) {
    return { obtain: (client, wanted) => jwtBearer(client, valid_jwt, wanted) }
  }
  if (idp_id_token !== undefined) {
    const idp = connect({ ...(await discover(idp_issuer)), clientId: idp_client_id })
    return {
      obtain: async (client, { issuer: audience, scope, resource }) => {
        const { accessToken } = await tokenExchange(idp, {
          subjectToken: idp_id_token,
          subjectTokenType: 'urn:ietf:params:oauth:token-type:id_token',
          requestedTokenType: 'urn:ietf:params:oauth:token-type:id-jag',
          audience,
          resource,
        })
        return jwtBearer(client, accessToken, { scope })
      },
    }
  }
  if (clientId === '' || issuer !== undefined) return {}
  const key = private_key_pem === undefined ? undefined : await importPKCS8(private_key_pem, alg)
  return {
    ...(key && { proof: privateKeyJwt({ clientId, key, alg }) }),
    obtain: (client, { scope, resource }) => client.clientCredentials({ scope, resource }),
  }
}

const ours = mcp({
  url,
  redirectUri,
  visit,
  clients: registered(),
  clientIdUrl: 'https://conformance-test.local/client-metadata.json',
  clientMetadata: { client_name: 'Patois' },
  binding: await dpop(),
  ...(await machine()),
})
const client = new McpClient(
  { name: 'patois', version: '0.1.0' },
  version >= '2026' ? { versionNegotiation: { mode: { pin: version } } } : {},
)
await client.connect(
  new StreamableHTTPClientTransport(new URL(url), { fetch: ours, onInsufficientScope: 'throw' }),
)
const { tools } = await client.listTools()
for (const { name } of tools) await client.callTool({ name, arguments: {} })
await client.close()
