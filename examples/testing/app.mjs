// The application under test: on @patois/client, or with CLIENT=naive as it is often written.

import * as careful from './careful.mjs'
import * as naive from './naive.mjs'

export const { openApp, openApi } = process.env.CLIENT === 'naive' ? naive : careful
