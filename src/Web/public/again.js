// A page whose program could not be fetched, because the network changed or the server was just started anew, is loaded again as soon as
// the server answers. It does not leave for an address that nobody answers: the browser would show a page of its own.
addEventListener(
  'error',
  async ({ target }) => {
    const root = document.getElementById('root');
    if (!(target instanceof HTMLScriptElement) || !root || root.childElementCount > 0) return;
    root.textContent = 'Reconnecting… 正在重新连接…';
    const [times = 0, at = 0] = (sessionStorage.getItem('orbit.again') ?? '').split(' ').map(Number);
    const before = Date.now() - at < 60_000 ? times : 0;
    sessionStorage.setItem('orbit.again', `${before + 1} ${Date.now()}`);
    for (let wait = 250 * 2 ** Math.min(before, 5); ; wait = Math.min(8000, 2 * wait)) {
      await new Promise((next) => setTimeout(next, wait * (0.5 + Math.random() / 2)));
      const answer = await fetch(target.src, { cache: 'reload' }).catch(() => undefined);
      if (answer) return location.reload(); // also when the file is gone: it belongs to an older page
    }
  },
  true,
);
