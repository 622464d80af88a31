// Many callers at once as a process of their own, so that whoever takes times does not wait for it.

import { Agent } from 'node:http'
import { type Form, send } from './crowd.ts'

process.once('message', async ({ url, forms }: { url: string; forms: readonly Form[] }) => {
  const agent = new Agent({ keepAlive: true })
  const heard = await Promise.all(forms.map((form) => send(url, agent, form)))
  agent.destroy()
  process.send?.(heard, undefined, undefined, () => process.disconnect?.())
})
process.send?.('ready')
