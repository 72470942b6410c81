import type { Interceptor, Transport } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';

/** Proof that a call comes from our own page: no form and no image of another site can send it. */
const proof: Interceptor = (next) => (request) => {
  request.header.set('x-orbit-request', '1');
  return next(request);
};

/** The wire to the server that served this page. The session's cookie comes along by itself. */
export function createTransport(interceptors: Interceptor[] = []): Transport {
  return createGrpcWebTransport({ baseUrl: self.location.origin, useBinaryFormat: true, interceptors: [...interceptors, proof] });
}
