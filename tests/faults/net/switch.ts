/**
 * Network namespaces on one bridge, with walls between them. Needs Linux, root,
 * `ip` and `nft`.
 *
 * @module
 */
import { runCommand } from "../../integration/process/child.ts";

const PREFIX = `mqsw${Deno.pid}`;

/** Namespaces that reach each other. Disposal removes them. */
export class Switch implements AsyncDisposable {
  readonly #places: readonly string[];

  private constructor(places: readonly string[]) {
    this.#places = places;
  }

  /** Creates a namespace for each of `places`. */
  static async open(places: readonly string[]): Promise<Switch> {
    const network = new Switch(places);
    try {
      await network.#build();
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The namespace of a place. */
  namespace(place: string): string {
    return `${PREFIX}${place}`;
  }

  /** The IP address of a place. */
  address(place: string): string {
    return `10.78.0.${this.#places.indexOf(place) + 1}`;
  }

  async #build(): Promise<void> {
    const hub = this.namespace("hub");
    await runCommand(["ip", "netns", "add", hub]);
    await this.#inside("hub", "ip link add br0 type bridge");
    await this.#inside("hub", "ip link set br0 up");
    for (const [i, place] of this.#places.entries()) {
      const space = this.namespace(place);
      const [near, far] = [`mqn${Deno.pid}${i}`, `mqf${Deno.pid}${i}`];
      await runCommand(["ip", "netns", "add", space]);
      await runCommand(
        `ip link add ${near} type veth peer ${far}`.split(" "),
      );
      await runCommand(["ip", "link", "set", near, "netns", space]);
      await runCommand(["ip", "link", "set", far, "netns", hub]);
      await this.#inside("hub", `ip link set ${far} master br0 up`);
      await this.#inside(place, "ip link set lo up");
      await this.#inside(
        place,
        `ip addr add ${this.address(place)}/24 dev ${near}`,
      );
      await this.#inside(place, `ip link set ${near} up`);
      await this.#inside(place, "nft add table inet wall");
      await this.#inside(
        place,
        "nft add chain inet wall in { type filter hook input priority 0 ; }",
      );
    }
  }

  /** Drops all packets between two places. */
  async cut(one: string, other: string): Promise<void> {
    for (const [here, there] of [[one, other], [other, one]] as const) {
      await this.#inside(
        here,
        `nft add rule inet wall in ip saddr ${this.address(there)} drop`,
      );
    }
  }

  /** Removes every wall of the places. */
  async heal(...places: readonly string[]): Promise<void> {
    for (const place of places) {
      await this.#inside(place, "nft flush chain inet wall in");
    }
  }

  async #inside(place: string, command: string): Promise<void> {
    const space = this.namespace(place);
    await runCommand(["ip", "netns", "exec", space, ...command.split(" ")]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const place of ["hub", ...this.#places]) {
      await runCommand(["ip", "netns", "del", this.namespace(place)]).catch(
        () => {
          // The set-up failed before this step.
        },
      );
    }
  }
}
