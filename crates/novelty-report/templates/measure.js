// Measures the page in the frame; `testkit.rs` reads the lines it writes.
addEventListener('load', () => {
  const frame = document.querySelector('iframe').contentWindow;
  const page = frame.document;
  const all = (selector) => [...page.querySelectorAll(selector)];
  const isVisible = (element) => element.getClientRects().length > 0;
  const hasText = (element) =>
    [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
  const isShown = (element) => isVisible(element) && hasText(element);
  const size = (element) => {
    const scale = element.ownerSVGElement ? element.getScreenCTM().a : 1;
    return parseFloat(frame.getComputedStyle(element).fontSize) * scale;
  };
  const images = all('img');
  const measured = {
    width: frame.innerWidth,
    content_width: page.documentElement.scrollWidth,
    n_images: images.length,
    n_bad_images: images.filter((i) => !i.complete || i.naturalWidth === 0 || !i.alt).length,
    n_drawings: all('svg').filter(isVisible).length,
    smallest_text: Math.min(...all('body *').filter(isShown).map(size), 1000),
    n_loads: frame.performance.getEntriesByType('resource').length,
    background: frame.getComputedStyle(page.body).backgroundColor,
  };
  const lines = Object.entries(measured).map(([name, value]) => `${name}=${value}`);
  document.querySelector('#measured').textContent = lines.join('\n');
});
