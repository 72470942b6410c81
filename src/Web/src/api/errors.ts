import { BinaryReader } from '@bufbuild/protobuf/wire';
import { Code, ConnectError } from '@connectrpc/connect';

/** Why a call was refused, in the server's stable words. */
export interface Refusal {
  /** e.g. `BUILD_NOT_FOUND`; empty when the server was not reached or said nothing. */
  reason: string;
  /** The server's sentence for people, in English. */
  message: string;
  code: Code;
  /** What the message speaks about: a key, a limit, a path. */
  details: Record<string, string>;
}

const ERROR_INFO = 'google.rpc.ErrorInfo';

export function refusalOf(cause: unknown): Refusal {
  const error = ConnectError.from(cause);
  for (const detail of error.details) {
    if ('type' in detail && detail.type === ERROR_INFO) {
      const { reason, metadata } = readErrorInfo(detail.value);
      return { reason, details: metadata, message: error.rawMessage, code: error.code };
    }
  }
  return { reason: '', details: {}, message: error.rawMessage, code: error.code };
}

/** True when the session is over or never was. */
export function isSignedOut(cause: unknown): boolean {
  return cause instanceof ConnectError && cause.code === Code.Unauthenticated;
}

/** True when trying again may help: the server is away, busy or stopping. */
export function isPassing(cause: unknown): boolean {
  const { code } = ConnectError.from(cause);
  return code === Code.Unavailable || code === Code.Unknown || code === Code.DeadlineExceeded || code === Code.Internal;
}

/** The three fields of google.rpc.ErrorInfo: reason, domain, metadata. */
function readErrorInfo(bytes: Uint8Array): { reason: string; metadata: Record<string, string> } {
  const reader = new BinaryReader(bytes);
  const metadata: Record<string, string> = {};
  let reason = '';
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === 1) reason = reader.string();
    else if (field === 3) {
      const end = reader.uint32() + reader.pos;
      let key = '';
      let value = '';
      while (reader.pos < end) {
        const [part, partType] = reader.tag();
        if (part === 1) key = reader.string();
        else if (part === 2) value = reader.string();
        else reader.skip(partType);
      }
      metadata[key] = value;
    } else reader.skip(type);
  }
  return { reason, metadata };
}
