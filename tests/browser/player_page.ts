/**
 * What tests ask of a page with a `<hang-watch>`.
 *
 * @module
 */
import type { Page } from "./chromium.ts";

/** The element, as an expression for the page. */
export const PLAYER = `document.querySelector("hang-watch")`;

/** Waits until so many pictures have been shown; returns their number. */
export function shown(page: Page, more = 1): Promise<number> {
  return page.until<number>(
    `${PLAYER}?.stats?.shownFrames >= ${more} && ${PLAYER}.stats.shownFrames`,
    20_000,
  );
}

/**
 * The loudest frequency in hertz, and how loud it is in decibels, once two looks in a row agree: a gap within the third of a
 * second that is looked at would show beside the frequency. After ten seconds whatever there is.
 */
export function tone(page: Page): Promise<{ hertz: number; decibels: number }> {
  return page.evaluate(`new Promise((resolve) => {
    const node = ${PLAYER}.player.audioNode;
    const analyser = new AnalyserNode(node.context, {
      fftSize: 16384,
      smoothingTimeConstant: 0,
    });
    node.connect(analyser);
    const bins = new Float32Array(analyser.frequencyBinCount);
    const endMs = performance.now() + 10_000;
    let before = -1;
    const listen = () => {
      analyser.getFloatFrequencyData(bins);
      const top = bins.indexOf(Math.max(...bins));
      const isSteady = bins[top] > -60 && Math.abs(top - before) <= 1;
      before = bins[top] > -60 ? top : -1;
      if (!isSteady && performance.now() < endMs) return setTimeout(listen, 500);
      node.disconnect(analyser);
      resolve({ hertz: top * node.context.sampleRate / 16384, decibels: bins[top] });
    };
    setTimeout(listen, 1000);
  })`);
}
