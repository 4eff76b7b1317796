// Asks by Ollama's JavaScript client: ollama_client.mjs CLIENTS ADDRESS MODEL. Prints one line per check.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { check, refused } from './checks.mjs'

const [clients, address, model] = process.argv.slice(2)
const require = createRequire(pathToFileURL(clients + '/'))
const { Ollama } = await import(pathToFileURL(require.resolve('ollama')))
const client = new Ollama({ host: address })
const few = { num_predict: 8, seed: 1, temperature: 0 }

check('list', (await client.list()).models[0].model === model)
check('ps', (await client.ps()).models[0].name === model)
check('show', (await client.show({ model })).capabilities.includes('completion'))
check('version', /^\d/.test((await client.version()).version))
const whole = await client.generate({ model, prompt: 'Once upon', raw: true, options: few })
check('generate', whole.done && whole.eval_count <= 8)
let text = ''
for await (const piece of await client.generate({ model, prompt: 'Once upon', raw: true, options: few, stream: true })) {
  text += piece.response
}
check('generate streamed', text === whole.response)
const messages = [{ role: 'user', content: 'Hello' }]
const answer = await client.chat({ model, messages, options: few, keep_alive: -1 })
text = ''
for await (const piece of await client.chat({ model, messages, options: few, stream: true })) {
  text += piece.message.content
}
check('chat streamed', text === answer.message.content)
const left = await client.chat({ model, messages, stream: true })
for await (const piece of left) {
  check('left', piece.message.role === 'assistant')
  break
}
left.abort()
check('unknown model', (await refused(() => client.chat({ model: 'other', messages }))).status_code === 404)
check('bad option', (await refused(() => client.chat({ model, messages, options: { mirostat: 2 } }))).message.includes('options.mirostat'))
check('embed', (await refused(() => client.embed({ model, input: 'a' }))).message.includes('not served'))
check('pull', (await client.pull({ model })).status === 'success')
check('delete', (await refused(() => client.delete({ model }))).message.includes('no model that requests delete'))
console.log('all held')
