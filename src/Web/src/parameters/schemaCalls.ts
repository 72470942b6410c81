import type { JsonObject, JsonValue } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { refusalOf } from '../api/errors';
import type { Validate } from '../editor/assist';
import { ParameterSetService } from '../gen/orbit/v1/parameter_sets_pb';
import { useSession } from '../session/SessionProvider';
import { isObject } from './jsonDiff';

/** What may stand in a set, in the server's own words. */
export function useParameterSchema(): JsonObject | undefined {
  const { transport } = useSession();
  const schema = useQuery({
    queryKey: ['parameter-schema'],
    staleTime: Infinity,
    retry: false,
    queryFn: async ({ signal }) => {
      const body = await createClient(ParameterSetService, transport).getParameterSchema({}, { signal });
      return JSON.parse(new TextDecoder().decode(body.data)) as JsonObject;
    },
  });
  return schema.data;
}

/** Asks the server what it would refuse, by path. A server that is away finds nothing wrong. */
export function useValidate(): Validate {
  const { transport } = useSession();
  return useCallback(
    async (text, signal) => {
      let parameters: JsonValue;
      try {
        parameters = JSON.parse(text) as JsonValue;
      } catch {
        return {};
      }
      if (!isObject(parameters)) return { '': '{ … }' };
      try {
        await createClient(ParameterSetService, transport).validateParameters({ parameters }, { signal });
        return {};
      } catch (error) {
        const { reason, message, details } = refusalOf(error);
        return reason === '' ? {} : Object.keys(details).length > 0 ? details : { '': message };
      }
    },
    [transport],
  );
}
