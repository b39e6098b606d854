package io.github.jaubert.hub;

import java.time.Duration;

/** How time passes: what tests replace. */
interface Waits {
  /** Lets a time pass before the next try. */
  void sleep(Duration time) throws InterruptedException;

  /** Real time. */
  Waits REAL = time -> Thread.sleep(time.toMillis());
}
