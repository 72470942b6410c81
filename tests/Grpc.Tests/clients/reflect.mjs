// Knows nothing of the service but its name: fetches the descriptors by reflection, then calls it.
// node reflect.mjs HOST:PORT REFLECTION.proto REFLECTION-PACKAGE  ->  one line of JSON
import { createRequire } from 'node:module';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [target, protoFile, version] = process.argv.slice(2);
const descriptor = createRequire(import.meta.url)('protobufjs/ext/descriptor');
const credentials = grpc.credentials.createInsecure();
const loaded = grpc.loadPackageDefinition(loader.loadSync(protoFile, { keepCase: true, oneofs: true }));
const Reflection = version.split('.').reduce((scope, name) => scope[name], loaded).ServerReflection;
const reflection = new Reflection(target, credentials).ServerReflectionInfo();

function ask(question) {
  return new Promise((resolve, reject) => {
    reflection.once('data', resolve);
    reflection.once('error', reject);
    reflection.write(question);
  });
}

const services = (await ask({ list_services: '*' })).list_services_response.service.map((service) => service.name);
const bySymbol = await ask({ file_containing_symbol: 'orbit.grpctests.v1.EchoService' });
const byName = await ask({ file_by_filename: 'google/api/annotations.proto' });
const byExtension = await ask({
  file_containing_extension: { containing_type: 'google.protobuf.MethodOptions', extension_number: 72295728 },
});
const numbers = await ask({ all_extension_numbers_of_type: 'google.protobuf.MethodOptions' });
const missing = await ask({ file_containing_symbol: 'no.such.Thing' });
reflection.end();

const names = (answer) =>
  answer.file_descriptor_response.file_descriptor_proto.map((bytes) => descriptor.FileDescriptorProto.decode(bytes).name);
const files = bySymbol.file_descriptor_response.file_descriptor_proto.map((bytes) => descriptor.FileDescriptorProto.decode(bytes));
const described = loader.loadFileDescriptorSetFromObject({ file: files.map((file) => descriptor.FileDescriptorProto.toObject(file)) });
const echo = new (grpc.loadPackageDefinition(described).orbit.grpctests.v1.EchoService)(target, credentials);
const said = await new Promise((resolve, reject) =>
  echo.Say({ text: 'from node' }, (error, response) => (error ? reject(error) : resolve(response.text))),
);

console.log(
  JSON.stringify({
    services,
    said,
    files_by_name: names(byName),
    file_by_extension: names(byExtension)[0],
    extension_numbers: numbers.all_extension_numbers_response.extension_number,
    missing_code: missing.error_response.error_code,
  }),
);
process.exit(0);
