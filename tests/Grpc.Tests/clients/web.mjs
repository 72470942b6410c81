// What a browser does, with the browser's own library and fetch.
// node web.mjs BASE-URL DESCRIPTOR-SET  ->  one line of JSON
import { readFileSync } from 'node:fs';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';

const [baseUrl, descriptorSet] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptorSet)));
const client = createClient(registry.getService('orbit.grpctests.v1.EchoService'), createGrpcWebTransport({ baseUrl }));

async function errorOf(action) {
  try {
    await action();
    return 'no error';
  } catch (caught) {
    const error = ConnectError.from(caught);
    return {
      code: Code[error.code],
      message: error.rawMessage,
      details: error.details.map((detail) => detail.type),
      trailer: error.metadata.get('x-last'),
    };
  }
}

const said = { header: null, trailer: null };
const unary = await client.say(
  { text: 'from the web' },
  {
    headers: { 'x-question': 'why' },
    onHeader: (headers) => (said.header = headers.get('x-answer')),
    onTrailer: (trailers) => (said.trailer = trailers.get('x-last')),
  },
);

const numbers = [];
let streamTrailer = null;
for await (const response of client.repeat(
  { text: 'x'.repeat(100), count: 10000 },
  { onTrailer: (trailers) => (streamTrailer = trailers.get('x-last')) },
)) {
  numbers.push(response.number);
}

let beforeError = 0;
const streamError = await errorOf(async () => {
  for await (const response of client.repeat({ text: 'x', count: 100, failAfter: 3 })) {
    beforeError = response.number;
  }
});

let beforeAbort = 0;
const abort = new AbortController();
const aborted = await errorOf(async () => {
  for await (const response of client.repeat({ text: 'wait', count: 2 }, { signal: abort.signal })) {
    beforeAbort = response.number;
    if (beforeAbort === 2) {
      abort.abort();
    }
  }
});

const echo = registry.getService('orbit.grpctests.v1.EchoService');
const elsewhere = { ...echo, methods: [{ ...echo.method.say, parent: { ...echo, typeName: 'no.such.Service' } }] };

console.log(
  JSON.stringify({
    text: unary.text,
    header: said.header,
    trailer: said.trailer,
    stream: numbers.length === 10000 && numbers.every((number, index) => number === index + 1),
    stream_trailer: streamTrailer,
    unary_error: await errorOf(() => client.say({ text: 'fail' })),
    stream_error: streamError,
    before_error: beforeError,
    aborted,
    before_abort: beforeAbort,
    deadline: await errorOf(() => client.say({ text: 'wait' }, { headers: { 'grpc-timeout': '200m' } })),
    unknown: await errorOf(() => createClient(elsewhere, createGrpcWebTransport({ baseUrl })).say({})),
  }),
);
process.exit(0);
