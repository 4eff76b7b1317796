// Models that come and go by Ollama's JavaScript client: ollama_pull.mjs CLIENTS ADDRESS, of a server of "small" whose registry has "tiny". Prints one line per check.
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { check, refused } from './checks.mjs'

const [clients, address] = process.argv.slice(2)
const require = createRequire(pathToFileURL(clients + '/'))
const { Ollama } = await import(pathToFileURL(require.resolve('ollama')))
const client = new Ollama({ host: address })

async function names() {
  return (await client.list()).models.map(model => model.name).join(' ')
}

const told = []
for await (const each of await client.pull({ model: 'tiny', stream: true })) {
  told.push(each)
}
check('pull streamed', told[0].status === 'pulling manifest' && told.at(-1).status === 'success')
check('progress', told.some(each => each.digest && each.total > 0 && each.completed === each.total))
check('list', (await names()) === 'small tiny:latest')
check('show', (await client.show({ model: 'tiny' })).capabilities.includes('completion'))
const answer = await client.generate({ model: 'tiny', prompt: 'Once upon', raw: true, options: { num_predict: 8 } })
check('generate', answer.done && answer.model === 'tiny')
check('ps', (await client.ps()).models.length === 2)
check('delete', (await client.delete({ model: 'tiny' })).status === 'success')
check('gone', (await names()) === 'small')
check('delete again', (await refused(() => client.delete({ model: 'tiny' }))).status_code === 404)
check('pull whole', (await client.pull({ model: 'tiny' })).status === 'success')
check('pull of none', (await refused(() => client.pull({ model: 'absent' }))).message.includes('absent'))
console.log('all held')
