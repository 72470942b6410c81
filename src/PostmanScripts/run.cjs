'use strict';
// Runs one script of a Postman collection. Reads one JSON document from standard input and prints one:
//   in:  {listen: "prerequest" | "test", script, name, row, limit_ms, variables: {name: text},
//         request: {method, url, header: [{key, value}], body?}, response?: {code, header, body (Base64), time_ms}}
//   out: {tests: [{name, outcome: "passed" | "failed" | "skipped", error}], set: {name: text}, unset: [name], console: [line], error}
// A variable is the same in every scope of Postman's: what a script sets in any of them is told. Exit code 0 whenever there is an answer.
const { Request } = require('postman-collection');
const sandbox = require('postman-sandbox');

const SCOPES = ['globals', 'collectionVariables', 'environment', '_variables']; // the later wins
const MOST_CONSOLE_LINES = 100;
const MOST_LINE = 2000;

const textOf = (value) => (typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value)));
const NO_END = /not responding|timed? ?out/i; // how the sandbox says that a script did not end
const wordsOf = (error) => (error && (error.message || error.name)) || String(error);
const listOf = (variables) => Object.entries(variables).map(([key, value]) => ({ key, value, type: 'any' }));

function contextOf(input) {
  const context = { request: requestOf(input.request), cookies: [] };
  for (const scope of SCOPES) context[scope] = { values: scope === '_variables' ? [] : listOf(input.variables) };
  context.data = input.variables;
  if (input.response) {
    const { code, header, body, time_ms: responseTime } = input.response;
    context.response = { code, header, responseTime, stream: { type: 'Buffer', data: [...Buffer.from(body, 'base64')] } };
  }
  return context;
}

function requestOf({ method, url, header, body }) {
  return { method, url, header, body: body === undefined ? undefined : { mode: 'raw', raw: body } };
}

// What differs afterwards from what was given, in any scope.
function changesOf(given, execution) {
  const set = {};
  const unset = new Set();
  for (const scope of SCOPES) {
    const values = execution[scope]?.values ?? [];
    const after = new Map([...(values.members ?? values)].map((entry) => [entry.key, textOf(entry.value)]));
    for (const [name, value] of after) if (given[name] !== value) set[name] = value;
    if (scope !== '_variables') for (const name of Object.keys(given)) if (!after.has(name)) unset.add(name);
  }
  return { set, unset: [...unset].filter((name) => !(name in set)) };
}

// What of the request a script has changed; cases cannot follow that.
function changedRequest(given, after) {
  const [before, now] = [given, after ?? given].map((one) => new Request(one));
  const header = (request) => JSON.stringify(request.headers.map(({ key, value }) => [key, value]));
  const parts = { method: (r) => r.method, URL: (r) => r.url.toString(), headers: header, body: (r) => r.body?.toString() ?? '' };
  return Object.keys(parts).filter((part) => parts[part](before) !== parts[part](now));
}

function execute(input) {
  const tests = [];
  const lines = [];
  let error = '';
  return new Promise((resolve) => {
    sandbox.createContext({ disableLegacyAPIs: false }, (failed, context) => {
      if (failed) return resolve({ tests, set: {}, unset: [], console: lines, error: `the sandbox does not start: ${wordsOf(failed)}` });
      context.on('error', (problem) => { error ||= wordsOf(problem); });
      context.on('execution.error', (cursor, problem) => { error ||= wordsOf(problem); });
      context.on('console', (cursor, level, ...words) => {
        if (lines.length < MOST_CONSOLE_LINES) lines.push(`${level}: ${words.map(textOf).join(' ')}`.slice(0, MOST_LINE));
      });
      context.on('execution.assertion', (cursor, assertions) => {
        for (const one of assertions) {
          tests.push({ name: String(one.name), outcome: one.skipped ? 'skipped' : one.passed ? 'passed' : 'failed', error: one.error ? wordsOf(one.error) : '' });
        }
      });
      const refuse = (id) => context.on(`execution.request.${id}`, (cursor, executionId, requestId) => {
        error ||= 'pm.sendRequest is not done: a case sends its own request only';
        context.dispatch(`execution.response.${id}`, requestId, { message: error });
      });
      refuse('orbit');
      const event = { listen: input.listen, script: { type: 'text/javascript', exec: input.script } };
      context.execute(event, { id: 'orbit', timeout: input.limit_ms, context: contextOf(input), cursor: { iteration: input.row, iterationCount: 1, ref: 'orbit' }, legacy: { _itemName: input.name, _itemId: 'orbit', _eventItemName: input.name } }, (problem, execution) => {
        if (problem) error = NO_END.test(wordsOf(problem)) ? `the script did not end within ${input.limit_ms} ms` : wordsOf(problem);
        const changed = input.listen === 'prerequest' ? changedRequest(requestOf(input.request), execution?.request) : [];
        if (changed.length > 0) error ||= `the script changes the request's ${changed.join(', ')}; say it in the case, with variables that the script sets`;
        const changes = execution ? changesOf(input.variables, execution) : { set: {}, unset: [] };
        context.dispose?.();
        resolve({ tests, ...changes, console: lines, error });
      });
    });
  });
}

async function main() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  const answer = await execute(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  process.stdout.write(JSON.stringify(answer), () => process.exit(0));
}

main().catch((failed) => {
  process.stderr.write(`${wordsOf(failed)}\n`);
  process.exit(1);
});
