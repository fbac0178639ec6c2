/**
 * Samples of one segment whose time goes on, whatever the publisher's clock did
 * in the middle of it.
 *
 * @module
 */
import type { OrderedSample } from "../container/sample_order.ts";
import { SteadyTime } from "../media/steady_time.ts";

// As fine as a segment says it.
const LEAST_STEP_US = 1000;

/** `samples`, in decode order, with times that do not go back from one keyframe to the next. */
export function steadySamples(
  samples: readonly OrderedSample[],
): OrderedSample[] {
  const time = new SteadyTime();
  let [floorUs, newestUs] = [-Infinity, -Infinity];
  return samples.map((sample) => {
    let timestampUs = time.at(samples, sample);
    if (sample.isKeyframe) floorUs = newestUs;
    if (timestampUs <= floorUs) {
      timestampUs = floorUs + LEAST_STEP_US;
      floorUs = timestampUs;
    }
    newestUs = Math.max(newestUs, timestampUs);
    return timestampUs === sample.timestampUs
      ? sample
      : { ...sample, timestampUs };
  });
}
