// Callback: tells the playground, in whichever tab it is open, the code that arrived.

const code = new URLSearchParams(location.search).get('code')
if (code) new BroadcastChannel('patois').postMessage({ code })
