/// <reference lib="webworker" />
import { createTransport } from '../api/transport';
import { BrowserFeed, type FeedMessage, type FeedRequest } from './browserFeed';

// One for all tabs of this browser.
const pages = new Set<MessagePort>();
const feed = new BrowserFeed(createTransport(), (message) => {
  for (const page of pages) page.postMessage(message);
});

(self as unknown as SharedWorkerGlobalScope).onconnect = (event) => {
  const page = event.ports[0];
  if (!page) return;
  page.onmessage = (message: MessageEvent<FeedRequest>) => {
    switch (message.data.type) {
      case 'hello':
        pages.add(page);
        feed.start();
        page.postMessage(feed.state satisfies FeedMessage);
        break;
      case 'goodbye':
        pages.delete(page);
        if (pages.size === 0) feed.stop();
        break;
      case 'wake':
        feed.hurry();
        break;
      case 'restart':
        feed.restart();
        break;
    }
  };
};
