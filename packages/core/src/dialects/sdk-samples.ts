// SDK samples: how callers write each call with the SDK that a dialect is spoken by, as data.

/** An SDK, and its calls by grant type or deed; `{name}` stands for a field's value as a literal. */
export type SdkSample = {
  /** The package, as it is installed. */
  sdk: string
  language: 'python' | 'typescript'
  install: string
  /** What stands once, in front of the calls. */
  setup: string
  calls: Readonly<Record<string, string>>
  /** How its client is registered, where it cannot send all that others must. */
  client?: Readonly<Record<string, string | boolean>>
}

const openidClient: SdkSample = {
  sdk: 'openid-client',
  language: 'typescript',
  install: 'npm install openid-client',
  setup: `import * as client from 'openid-client'

const config = await client.discovery(
  new URL({issuer}),
  {client_id},
  undefined,
  client.ClientSecretBasic({client_secret}),
  // For http on this machine only.
  { execute: [client.allowInsecureRequests] },
)`,
  calls: {
    authorize: `const url = client.buildAuthorizationUrl(config, {
  redirect_uri: {redirect_uri},
  scope: {scope},
  state: {state},
  code_challenge: {code_challenge},
  code_challenge_method: 'S256',
})`,
    authorization_code: `const tokens = await client.authorizationCodeGrant(
  config,
  new URL({returned}),
  { pkceCodeVerifier: {code_verifier} },
)`,
    refresh_token: `const tokens = await client.refreshTokenGrant(config, {refresh_token})`,
    client_credentials: `const tokens = await client.clientCredentialsGrant(config)`,
    userinfo: `const user = await client.fetchUserInfo(
  config,
  {access_token},
  client.skipSubjectCheck,
)`,
    introspect: `const told = await client.tokenIntrospection(config, {token})`,
    revoke: `await client.tokenRevocation(config, {token})`,
  },
}

const boltPython: SdkSample = {
  sdk: 'bolt-api-sdk',
  language: 'python',
  install: 'pip install bolt-api-sdk',
  setup: `from bolt_api_sdk import Bolt, models

bolt = Bolt(security=models.Security(x_api_key='any'), server_url={server})`,
  calls: {
    authorization_code: `tokens = bolt.o_auth.o_auth_token(
    x_publishable_key={client_id},
    request_body={
        'grant_type': 'authorization_code',
        'client_id': {client_id},
        'client_secret': {client_secret},
        'code': {code},
        'scope': {scope},
    },
)`,
    refresh_token: `tokens = bolt.o_auth.o_auth_token(
    x_publishable_key={client_id},
    request_body={
        'grant_type': 'refresh_token',
        'client_id': {client_id},
        'client_secret': {client_secret},
        'refresh_token': {refresh_token},
        'scope': {scope},
    },
)`,
  },
  client: { require_pkce: false },
}

const apimaticPython: SdkSample = {
  sdk: 'multi-auth-project-sdk',
  language: 'python',
  install: 'pip install multi-auth-project-sdk',
  setup: `from multiauthsample.configuration import Configuration, Environment, Server
from multiauthsample.multiauthsample_client import MultiauthsampleClient

# Its servers are its environments, which know no other address than their own.
Configuration.environments[Environment.TESTING] = {
    Server.DEFAULT: {server},
    Server.AUTH: {server} + '/oauth2/auth-server',
}
oauth = MultiauthsampleClient().o_auth_authorization`,
  calls: {
    authorization_code: `tokens = oauth.request_token_o_auth_acg(
    {basic}, {code}, {redirect_uri},
    _optional_form_parameters={'code_verifier': {code_verifier}},
)`,
    refresh_token: `tokens = oauth.refresh_token_o_auth_acg({basic}, {refresh_token})`,
    client_credentials: `tokens = oauth.request_token_o_auth_ccg({basic})`,
    password: `tokens = oauth.request_token_o_auth_ropcg({basic}, {username}, {password})`,
  },
}

const calTypescript: SdkSample = {
  sdk: '@calcom/sdk',
  language: 'typescript',
  install: 'npm install @calcom/sdk',
  setup: `import { Cal } from '@calcom/sdk'

const cal = new Cal(
  {client_id},
  { clientSecret: {client_secret} },
  { baseUrl: {server} + '/' },
)`,
  calls: {
    authorization_code: `const tokens = await cal.oauth.exchange({ authorizationCode: {code} })`,
  },
  client: { require_pkce: false },
}

const ultracartPython: SdkSample = {
  sdk: 'ultracart-rest-sdk',
  language: 'python',
  install: 'pip install ultracart-rest-sdk',
  setup: `from ultracart import ApiClient, Configuration
from ultracart.api.oauth_api import OauthApi

oauth = OauthApi(ApiClient(
    Configuration(host={server} + '/rest/v2'),
    header_name='X-UltraCart-Api-Version',
    header_value='2017-03-01',
))`,
  calls: {
    authorization_code: `tokens = oauth.oauth_access_token(
    {client_id}, 'authorization_code', code={code}, redirect_uri={redirect_uri},
)`,
    refresh_token: `tokens = oauth.oauth_access_token(
    {client_id}, 'refresh_token', refresh_token={refresh_token},
)`,
    revoke: `oauth.oauth_revoke({client_id}, {token})`,
  },
  client: { token_endpoint_auth_method: 'none', legacy_public: true },
}

/** The samples of each dialect that has any, by its name. */
export const SDK_SAMPLES: Readonly<Record<string, readonly SdkSample[]>> = {
  standard: [openidClient],
  bolt: [boltPython],
  apimatic: [apimaticPython],
  cal: [calTypescript],
  ultracart: [ultracartPython],
}
