/**
 * Proves that nothing came: after a marker on the same channel, whatever was sent before it has
 * arrived, because a channel keeps its order.
 */

let count = 0;

export async function passMarker(publisher, channel, ears) {
  count += 1;
  const name = `marker-${count}`;
  await publisher.trigger(channel, name, {});
  await Promise.all(ears.map((ear) => ear.next(name)));
}

/** The names an ear has heard, without markers and counts. */
export function tale(ear) {
  return ear.names().filter((name) => !name.startsWith("marker-") && name !== "pusher:subscription_count");
}
