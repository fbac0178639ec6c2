/**
 * Opening a page in the default browser.
 *
 * @module
 */

interface Opener {
  readonly command: string;
  readonly args: readonly string[];
}

function opener(): Opener | undefined {
  switch (Deno.build.os) {
    case "darwin":
      return { command: "open", args: [] };
    case "windows":
      return { command: "explorer", args: [] };
    default: {
      const displays = ["DISPLAY", "WAYLAND_DISPLAY"].map(Deno.env.get);
      return displays.some((name) => name)
        ? { command: "xdg-open", args: [] }
        : undefined;
    }
  }
}

/** Opens `url` where there is a display, an opener and the permission; elsewhere the person has the address. */
export async function openBrowser(url: string): Promise<void> {
  const found = opener();
  if (!found) return;
  const { command, args } = found;
  const { state } = await Deno.permissions.query({ name: "run", command });
  if (state !== "granted") return;
  try {
    await new Deno.Command(command, {
      args: [...args, url],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
  } catch {
    // There is none; the address was printed.
  }
}
