// The public names of the server package.

export { type App, type AppParts, app } from './app.ts'
export { type Clock, fixedClock, systemClock } from './clock.ts'
export { knownDialects } from './configuration/known.ts'
export { type Configuration, readConfiguration } from './configuration.ts'
export { type Log, openLog } from './log.ts'
export { openStore } from './store/index.ts'
