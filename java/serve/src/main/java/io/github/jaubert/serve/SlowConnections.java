package io.github.jaubert.serve;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eclipse.jetty.io.Connection;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * Closes connections that say a little now and then, and so never idle, but bring no request to its
 * end.
 */
final class SlowConnections implements Connection.Listener {
  private final Scheduler scheduler;
  private final long patience; // ms
  private final Map<Connection, Scheduler.Task> checks = new ConcurrentHashMap<>();

  /** The time of a request, of its body and of its answer, and once more for what is before it. */
  SlowConnections(ServeSettings settings, Scheduler scheduler) {
    this.scheduler = scheduler;
    patience = 2 * settings.timeout().toMillis() + settings.idleTimeout().toMillis();
  }

  @Override
  public void onOpened(Connection connection) {
    watch(connection, 0);
  }

  @Override
  public void onClosed(Connection connection) {
    Scheduler.Task check = checks.remove(connection);
    if (check != null) {
      check.cancel();
    }
  }

  private void watch(Connection connection, long answered) {
    checks.put(
        connection,
        scheduler.schedule(() -> check(connection, answered), patience, TimeUnit.MILLISECONDS));
  }

  private void check(Connection connection, long answered) {
    long now = connection.getMessagesOut();
    if (now == answered) {
      connection.getEndPoint().close(new TimeoutException("no request came to its end"));
    } else {
      watch(connection, now);
    }
    if (!connection.getEndPoint().isOpen()) {
      onClosed(connection); // it may have closed just before
    }
  }
}
