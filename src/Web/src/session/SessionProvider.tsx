import { create } from '@bufbuild/protobuf';
import { createClient, type Interceptor, type Transport } from '@connectrpc/connect';
import { TransportProvider } from '@connectrpc/connect-query';
import { QueryCache, MutationCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from 'react';
import { isPassing, isSignedOut, refusalOf } from '../api/errors';
import { createTransport } from '../api/transport';
import { FeedProvider } from '../feed/FeedProvider';
import { AuthService, GetMeResponseSchema, type GetMeResponse, type LoginResponse } from '../gen/orbit/v1/auth_pb';
import { SignInPage } from './SignInPage';

interface Session {
  me: GetMeResponse;
  transport: Transport;
  signOut(): void;
}

const Context = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  const session = use(Context);
  if (!session) throw new Error('There is no session outside its provider.');
  return session;
}

/** Tabs tell each other of signing in and out. */
const tabs = 'BroadcastChannel' in globalThis ? new BroadcastChannel('orbit-session') : undefined;

type State =
  | { kind: 'asking' }
  | { kind: 'out'; why: 'never' | 'ended' | 'left' }
  | { kind: 'in'; me: GetMeResponse }
  | { kind: 'away'; cause: unknown };

/** Lets in who is signed in, asks who is not, and says so when a session was ended elsewhere. The address stays as it is. */
export function SessionProvider({ children }: { children: ReactNode }) {
  const [state, setState] = useState<State>({ kind: 'asking' });

  /** Somebody was refused: is it this session, or only what is left of an earlier one? */
  const signedOut = useCallback(async () => {
    try {
      await createClient(AuthService, createTransport()).getMe({});
    } catch (error) {
      if (isSignedOut(error)) setState((was) => (was.kind === 'out' ? was : { kind: 'out', why: was.kind === 'in' ? 'ended' : 'never' }));
    }
  }, []);

  const [transport] = useState(() => {
    const notice: Interceptor = (next) => async (request) => {
      try {
        return await next(request);
      } catch (error) {
        if (isSignedOut(error) && request.method.name !== 'Login') void signedOut();
        throw error;
      }
    };
    return createTransport([notice]);
  });
  const [client] = useState(() => newQueryClient(signedOut));
  const auth = useMemo(() => createClient(AuthService, transport), [transport]);

  const ask = useCallback(async () => {
    try {
      setState({ kind: 'in', me: await auth.getMe({}) });
    } catch (error) {
      setState(isSignedOut(error) ? { kind: 'out', why: 'never' } : { kind: 'away', cause: error });
    }
  }, [auth]);

  useEffect(() => {
    void ask();
    const onMessage = () => void ask();
    tabs?.addEventListener('message', onMessage);
    return () => tabs?.removeEventListener('message', onMessage);
  }, [ask]);

  useEffect(() => {
    if (state.kind !== 'away') return;
    const timer = setTimeout(() => void ask(), 2000);
    return () => clearTimeout(timer);
  }, [state, ask]);

  const signOut = useCallback(async () => {
    await auth.logout({});
    client.clear();
    setState({ kind: 'out', why: 'left' });
    tabs?.postMessage('changed');
  }, [auth, client]);

  const signedIn = (login: LoginResponse) => {
    client.clear();
    setState({ kind: 'in', me: create(GetMeResponseSchema, { email: login.email, isAdmin: login.isAdmin, expiresAt: login.expiresAt }) });
    tabs?.postMessage('changed');
    void ask(); // with the session's own number
    const target = new URLSearchParams(location.search).get('return_to');
    if (target?.startsWith('/reports/')) location.assign(target);
  };

  if (state.kind === 'asking') return null;
  if (state.kind === 'out' || state.kind === 'away') {
    return <SignInPage auth={auth} why={state.kind === 'away' ? 'away' : state.why} onSignedIn={signedIn} />;
  }
  return (
    <Context value={{ me: state.me, transport, signOut: () => void signOut() }}>
      <TransportProvider transport={transport}>
        <QueryClientProvider client={client}>
          <FeedProvider onSignedOut={() => void signedOut()}>{children}</FeedProvider>
        </QueryClientProvider>
      </TransportProvider>
    </Context>
  );
}

function newQueryClient(signedOut: () => Promise<void>): QueryClient {
  const noticed = (error: unknown) => {
    if (isSignedOut(error)) void signedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError: noticed }),
    mutationCache: new MutationCache({ onError: noticed }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (count, error) => isPassing(error) && refusalOf(error).reason === '' && count < 60,
        retryDelay: (count) => Math.min(500 * 2 ** count, 5_000) * (0.5 + Math.random() / 2),
      },
    },
  });
}
