import { createTransport } from '../api/transport';
import { BrowserFeed, type FeedMessage, type FeedRequest } from './browserFeed';

/** A page's line to the feed. */
export interface FeedLine {
  send(request: FeedRequest): void;
  close(): void;
}

/** Connects this page to the browser's one stream. */
export function connectFeed(onMessage: (message: FeedMessage) => void): FeedLine {
  if (typeof SharedWorker === 'undefined') return ownFeed(onMessage);
  const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'orbit-feed' });
  worker.port.onmessage = (event: MessageEvent<FeedMessage>) => onMessage(event.data);
  worker.port.start();
  const send = (request: FeedRequest) => worker.port.postMessage(request);
  send({ type: 'hello' });
  const leave = () => send({ type: 'goodbye' });
  const comeBack = (event: PageTransitionEvent) => {
    if (event.persisted) send({ type: 'hello' });
  };
  window.addEventListener('pagehide', leave);
  window.addEventListener('pageshow', comeBack);
  return {
    send,
    close: () => {
      leave();
      window.removeEventListener('pagehide', leave);
      window.removeEventListener('pageshow', comeBack);
      worker.port.close();
    },
  };
}

/** Browsers without shared workers: the page holds the stream itself. */
function ownFeed(onMessage: (message: FeedMessage) => void): FeedLine {
  const feed = new BrowserFeed(createTransport(), onMessage);
  feed.start();
  return {
    send: (request) => {
      if (request.type === 'wake') feed.hurry();
      if (request.type === 'restart') feed.restart();
    },
    close: () => feed.stop(),
  };
}
