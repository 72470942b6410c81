import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import type { WatchResponse } from '../gen/orbit/v1/watch_pb';
import { applyChanges, watchedKeys } from './apply';
import type { FeedMessage } from './browserFeed';
import { connectFeed, type FeedLine } from './connectFeed';
import type { Connection } from './follow';

interface Feed {
  connection: Connection;
  /** Ends the pause before the next attempt. */
  retryNow(): void;
  /** Tells changes as they come; returns how to stop it. */
  onChanges(listener: (changes: WatchResponse[]) => void): () => void;
}

const Context = createContext<Feed>({ connection: 'connecting', retryNow: () => {}, onChanges: () => () => {} });

export const useFeed = () => use(Context);

/** Keeps what the pages have read as it is on the server. */
export function FeedProvider({ onSignedOut, children }: { onSignedOut: () => void; children: ReactNode }) {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>('connecting');
  const line = useRef<FeedLine>(undefined);
  const [listeners] = useState(() => new Set<(changes: WatchResponse[]) => void>());
  const signedOut = useRef(onSignedOut);
  signedOut.current = onSignedOut;

  useEffect(() => {
    let everLive = false;
    const readAgain = () => watchedKeys.forEach((queryKey) => void client.invalidateQueries({ queryKey }));
    const onMessage = (message: FeedMessage) => {
      switch (message.type) {
        case 'changes':
          applyChanges(message.changes, client);
          for (const listener of listeners) listener(message.changes);
          break;
        case 'startOver':
          readAgain();
          break;
        case 'connection':
          setConnection(message.connection);
          if (message.signedOut) {
            signedOut.current();
            setTimeout(() => line.current?.send({ type: 'wake' }), 1000); // it may have been an earlier session's stream
          }
          if (message.connection === 'live' && !everLive) {
            everLive = true;
            readAgain(); // what was read before the stream stood may lack what came in between
          }
      }
    };
    const opened = connectFeed(onMessage);
    line.current = opened;
    opened.send({ type: 'wake' });
    const wake = () => {
      if (document.visibilityState === 'visible') opened.send({ type: 'wake' });
    };
    document.addEventListener('visibilitychange', wake);
    window.addEventListener('online', wake);
    return () => {
      document.removeEventListener('visibilitychange', wake);
      window.removeEventListener('online', wake);
      opened.close();
      line.current = undefined;
    };
  }, [client, listeners]);

  const retryNow = useCallback(() => line.current?.send({ type: 'wake' }), []);
  const onChanges = useCallback(
    (listener: (changes: WatchResponse[]) => void) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    [listeners],
  );
  const feed = useMemo(() => ({ connection, retryNow, onChanges }), [connection, retryNow, onChanges]);
  return <Context value={feed}>{children}</Context>;
}
