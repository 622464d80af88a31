// The catalogue: dialects of further providers, one line a dialect.

import type { Dialect } from '../dialect.ts'
import { amazonAds } from './amazon-ads.ts'
import { asana } from './asana.ts'
import { atlassian } from './atlassian.ts'
import { box } from './box.ts'
import { dingtalk } from './dingtalk.ts'
import { discord } from './discord.ts'
import { docusign } from './docusign.ts'
import { dropbox } from './dropbox.ts'
import { facebook } from './facebook.ts'
import { feishu } from './feishu.ts'
import { figma } from './figma.ts'
import { github } from './github.ts'
import { google } from './google.ts'
import { hubspot } from './hubspot.ts'
import { instagram } from './instagram.ts'
import { linear } from './linear.ts'
import { linkedin } from './linkedin.ts'
import { mailchimp } from './mailchimp.ts'
import { microsoft } from './microsoft.ts'
import { monday } from './monday.ts'
import { naver } from './naver.ts'
import { notion } from './notion.ts'
import { paypal } from './paypal.ts'
import { quickbooks } from './quickbooks.ts'
import { reddit } from './reddit.ts'
import { salesforce } from './salesforce.ts'
import { sentry } from './sentry.ts'
import { shopify } from './shopify.ts'
import { slack } from './slack.ts'
import { spotify } from './spotify.ts'
import { square } from './square.ts'
import { squarespace } from './squarespace.ts'
import { strava } from './strava.ts'
import { stripe } from './stripe.ts'
import { tiktok } from './tiktok.ts'
import { twitch } from './twitch.ts'
import { wechat } from './wechat.ts'
import { x } from './x.ts'
import { xero } from './xero.ts'
import { zoho } from './zoho.ts'
import { zoom } from './zoom.ts'

/** Every dialect of the catalogue, by name. */
export const CATALOGUE: readonly Dialect[] = [
  amazonAds,
  asana,
  atlassian,
  box,
  dingtalk,
  discord,
  docusign,
  dropbox,
  facebook,
  feishu,
  figma,
  github,
  google,
  hubspot,
  instagram,
  linear,
  linkedin,
  mailchimp,
  microsoft,
  monday,
  naver,
  notion,
  paypal,
  quickbooks,
  reddit,
  salesforce,
  sentry,
  shopify,
  slack,
  spotify,
  square,
  squarespace,
  strava,
  stripe,
  tiktok,
  twitch,
  wechat,
  x,
  xero,
  zoho,
  zoom,
]
