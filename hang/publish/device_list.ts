/**
 * The cameras and microphones of the machine, as they come and go.
 *
 * @module
 */
import { listening } from "../signals/dom.ts";
import { type ReadonlySignal, Signal } from "../signals/signal.ts";

/** A device to choose. */
export interface DeviceChoice {
  /** For `DeviceSource.deviceId`. */
  readonly deviceId: string;
  /** For people; browsers tell it only who may use one. */
  readonly label: string;
}

/** Follows the devices until it is closed. */
export class DeviceList {
  readonly #cameras = new Signal<readonly DeviceChoice[]>([]);
  readonly #microphones = new Signal<readonly DeviceChoice[]>([]);
  /** The cameras. */
  readonly cameras: ReadonlySignal<readonly DeviceChoice[]> = this.#cameras;
  /** The microphones. */
  readonly microphones: ReadonlySignal<readonly DeviceChoice[]> =
    this.#microphones;
  readonly #stop: (() => void) | undefined;

  /** Looks at once. */
  constructor() {
    const refresh = () => void this.refresh(); // does not fail
    const all = devices();
    this.#stop = all && listening(all, { devicechange: refresh });
    refresh();
  }

  /** Looks again: after the user has allowed one, there are names. */
  async refresh(): Promise<void> {
    let all: readonly MediaDeviceInfo[] = [];
    try {
      all = await devices()?.enumerateDevices() ?? [];
    } catch {
      // A page that may not ask has no devices to choose from.
    }
    this.#cameras.set(choices(all, "videoinput", "Camera"));
    this.#microphones.set(choices(all, "audioinput", "Microphone"));
  }

  /** Ends it. Idempotent. */
  close(): void {
    this.#stop?.();
  }
}

function devices(): MediaDevices | undefined {
  return (navigator as Partial<Navigator>).mediaDevices;
}

function choices(
  all: readonly MediaDeviceInfo[],
  kind: MediaDeviceKind,
  name: string,
): DeviceChoice[] {
  return all
    .filter((device) => device.kind === kind && device.deviceId !== "")
    .map(({ deviceId, label }, index) => ({
      deviceId,
      label: label || `${name} ${index + 1}`,
    }));
}
