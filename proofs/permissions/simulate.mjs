// Asks @cloud-copilot/iam-simulate: questions on stdin, one answer for each on stdout, [decision, doubt]. See engines.py.
import { readFileSync } from 'node:fs'
import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

const { policies, questions } = JSON.parse(readFileSync(0, 'utf8'))

const UNFILLED = 'kms:EncryptionContext:'
const STAND_IN = 'aws:PrincipalTag/'

// What the Service Authorization Reference has to say against the request itself; '' when it knows all of it.
function doubtAbout(answer, ofEveryRequest) {
  if (answer.resultType === 'error') {
    if (['no.resource.types', 'must.use.wildcard'].includes(answer.errors.message)) return 'resource'
    throw new Error(JSON.stringify(answer.errors))
  }
  if (answer.resultType !== 'single') throw new Error('a wildcard in the resource of a request')
  return answer.result.ignoredContextKeys.filter((key) => !ofEveryRequest.includes(key)).join(' ')
}

async function answerTo(one) {
  const asked = simulationOf(one)
  const answer = await runSimulation(asked, {})
  const doubt = doubtAbout(answer, one.ofEveryRequest)
  let result = answer.overallResult
  if (doubt.startsWith(UNFILLED)) {
    const known = await runSimulation(renamed(asked), {})
    if (doubtAbout(known, one.ofEveryRequest) !== '') throw new Error(`${STAND_IN} is not known: ${JSON.stringify(known)}`)
    result = known.overallResult
  } else if (doubt !== '') {
    result = runUnsafeSimulation(asked, {}) // without the reference's help the policies alone decide
  }
  return [result === 'Allowed' ? 'allowed' : 'denied', doubt]
}

function simulationOf(one) {
  return {
    request: {
      principal: one.principal,
      action: one.action,
      resource: { resource: one.resource, accountId: one.account },
      contextVariables: one.context,
    },
    identityPolicies: one.identity === null ? [] : [{ name: 'role', policy: policies[one.identity] }],
    resourcePolicy: one.door === null ? undefined : policies[one.door],
    serviceControlPolicies: [],
    resourceControlPolicies: [],
  }
}

// The engine drops every key kms:EncryptionContext:<name>. A string key that it knows by prefix stands in, on both sides.
function renamed(simulation) {
  return JSON.parse(JSON.stringify(simulation).replaceAll(UNFILLED, STAND_IN))
}

const answers = []
for (const one of questions) answers.push(await answerTo(one))
process.stdout.write(JSON.stringify(answers))
